// SPDX-License-Identifier: Apache-2.0
import Storage

extension CommandFailure {
  /// What a command says that works on a data directory and was refused.
  ///
  /// A server goes on by itself when a disk does; a command has to be given again.
  init(_ error: StorageError, directory: String) {
    switch error.reason {
    case .unknown(what: "database"): self = .noDirectory(directory)
    case .inUse(let holder):
      self = .failure(
        "'\(directory)' is used by \(holder)",
        remedy: "end that process first, or name another directory"
      )
    case .cancelled:
      self = .failure("interrupted", remedy: "nothing was left behind; give the command again")
    case .diskFull:
      self = .failure(error.problem, remedy: "free some space, then give the command again")
    case .notWritable:
      self = .failure(error.problem, remedy: "run it as the user to whom the directory belongs")
    case .inputOutput:
      self = .failure(error.problem, remedy: "look at the path, the disk and the kernel's log")
    default: self = .failure(error.problem, remedy: error.remedy)
    }
  }

  /// A path that is no data directory.
  static func noDirectory(_ path: String) -> CommandFailure {
    .misuse("'\(path)' is no data directory", remedy: "name the one of 'weir serve --data DIR'")
  }
}

/// Arguments that name files and directories.
enum StorePath {
  /// A data directory, as far as it can be seen from outside.
  static func checkDirectory(_ path: String) throws(CommandFailure) {
    guard FileStatus(path: path)?.isDirectory == true else { throw .noDirectory(path) }
  }

  /// A directory that may be made: what it stands in has to be there.
  static func checkNewDirectory(_ path: String) throws(CommandFailure) {
    if let status = FileStatus(path: path) {
      guard status.isDirectory else {
        throw .misuse("'\(path)' is a file", remedy: "name a directory")
      }
      return
    }
    try checkParent(of: path)
  }

  /// A file that is going to be made.
  static func checkNewFile(_ path: String) throws(CommandFailure) {
    if let status = FileStatus(path: path) {
      let what = status.isDirectory ? "is a directory" : "is there already"
      throw .misuse("'\(path)' \(what)", remedy: "name a file that is not there")
    }
    try checkParent(of: path)
  }

  private static func checkParent(of path: String) throws(CommandFailure) {
    let parent = Self.parent(of: path)
    guard FileStatus(path: parent)?.isDirectory == true else {
      throw .misuse("there is no directory '\(parent)'", remedy: "make it, or name another place")
    }
  }

  /// The directory in which a file or directory stands.
  static func parent(of path: String) -> String {
    var rest = path[...]
    while rest.count > 1, rest.last == "/" { rest = rest.dropLast() }
    guard let slash = rest.lastIndex(of: "/") else { return "." }
    return slash == rest.startIndex ? "/" : String(rest[..<slash])
  }
}
