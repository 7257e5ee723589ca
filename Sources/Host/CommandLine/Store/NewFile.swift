// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file that is written and has its name once it is whole and on disk.
final class NewFile {
  private let path: String
  private var partial: String { "\(path).partial" }
  private var descriptor: CInt

  /// Makes the file.
  ///
  /// - Throws: ``CommandFailure`` if it, or an unfinished one, is there, or it can't be made.
  init(path: String) throws(CommandFailure) {
    try StorePath.checkNewFile(path)
    self.path = path
    descriptor = open("\(path).partial", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure("\(path).partial", "be made") }
  }

  deinit { discard() }

  /// Writes at the end.
  func write(_ bytes: [UInt8]) throws(CommandFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 || errno == EINTR else { throw Self.failure(partial, "be written") }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// Gives it its name, once the disk has it.
  func finish() throws(CommandFailure) {
    guard fsync(descriptor) == 0, rename(partial, path) == 0 else {
      throw Self.failure(path, "be written")
    }
    close(descriptor)
    descriptor = -1
  }

  /// Removes what is not whole.
  func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    unlink(partial)
  }

  private static func failure(_ path: String, _ what: String) -> CommandFailure {
    let number = errno
    let remedy =
      switch number {
      case EEXIST: "another command writes it, or was killed: remove it if none runs"
      case ENOSPC, EDQUOT: "free some space, then give the command again"
      default: "name another place"
      }
    return .failure(
      "'\(path)' cannot \(what): \(String(cString: strerror(number)))",
      remedy: remedy
    )
  }
}
