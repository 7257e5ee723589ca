// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What reading from an input brought.
enum InputEvent: Equatable {
  /// So many bytes were appended.
  case bytes(Int)
  /// Nothing for now; more may come.
  case nothing
  /// What comes next belongs to another file, or to the same one written anew.
  case restarted
  /// Everything was read.
  case end
}

/// Where lines come from: a file, a pipe, or a test.
protocol InputSource: AnyObject {
  /// How many bytes there are; `nil` when nobody knows.
  var totalBytes: UInt64? { get }
  /// Reads what comes next; waits only a moment.
  func read(into bytes: inout [UInt8]) throws(CommandFailure) -> InputEvent
}

/// A file that is open for reading, or standard input.
final class InputFile: InputSource {
  /// How much is read at once; 64 KiB by default.
  var blockBytes = 64 << 10
  /// How long a read from a pipe waits.
  private static let waitMilliseconds: CInt = 200

  /// What the file is called in messages.
  let name: String
  /// How many bytes it had when it was opened; `nil` for a pipe.
  let totalBytes: UInt64?
  let descriptor: CInt

  /// Opens a file, or takes standard input for `-`.
  ///
  /// - Parameter path: Where the file is.
  /// - Throws: ``CommandFailure`` for a directory and what cannot be opened.
  init(path: String) throws(CommandFailure) {
    let isInput = path == "-"
    name = isInput ? "standard input" : path
    descriptor = isInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      totalBytes = nil
      throw .failure("\(path) cannot be read", remedy: String(cString: strerror(errno)))
    }
    let status = FileStatus(descriptor: descriptor)
    totalBytes = status?.isRegular == true ? status?.size : nil
    if status?.isDirectory == true {
      throw .failure("\(path) is a directory", remedy: "name a file in it")
    }
  }

  deinit {
    if descriptor > STDIN_FILENO { close(descriptor) }
  }

  func read(into bytes: inout [UInt8]) throws(CommandFailure) -> InputEvent {
    if totalBytes == nil {
      var readable = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&readable, 1, Self.waitMilliseconds) > 0 else { return .nothing }
    }
    let count = append(to: &bytes, from: descriptor, maximum: blockBytes)
    if count > 0 { return .bytes(count) }
    if count == 0 { return .end }
    guard errno == EINTR || errno == EAGAIN else {
      throw .failure("\(name) cannot be read any further", remedy: String(cString: strerror(errno)))
    }
    return .nothing
  }
}

/// What the kernel tells about a file.
struct FileStatus: Equatable {
  var device: dev_t
  var inode: ino_t
  var size: UInt64
  private var kind: mode_t

  var isRegular: Bool { kind == S_IFREG }
  var isDirectory: Bool { kind == S_IFDIR }

  /// Asks about an open file.
  init?(descriptor: CInt) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Asks about what is at a path.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    device = status.st_dev
    inode = status.st_ino
    size = UInt64(max(0, status.st_size))
    kind = status.st_mode & S_IFMT
  }

  /// Whether both are the same file.
  func isSameFile(as other: FileStatus) -> Bool {
    device == other.device && inode == other.inode
  }
}
