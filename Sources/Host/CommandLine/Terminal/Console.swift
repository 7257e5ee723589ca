// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Where a command's output goes, and where its input comes from.
public protocol Console: AnyObject {
  /// Whether somebody watches what goes to standard error.
  var isErrorTerminal: Bool { get }
  /// How wide the terminal of standard error is at this moment, in columns; `nil` when unknown.
  var errorColumns: Int? { get }
  /// Writes to standard output; answers false when nobody reads it any more.
  @discardableResult func write(_ bytes: [UInt8]) -> Bool
  /// Writes to standard error.
  func writeError(_ bytes: [UInt8])
  /// Reads standard input to its end, or until there are more than `limit` bytes.
  func readInput(limit: Int) -> [UInt8]
}

extension Console {
  /// Prints text as it is.
  func print(_ text: String) { write(Array(text.utf8)) }

  /// Prints bytes and ends the line; answers false when nobody reads any more.
  @discardableResult
  func printLine(_ bytes: [UInt8]) -> Bool { write(bytes + [UInt8(ascii: "\n")]) }

  /// Prints a line to standard error.
  func printError(_ line: String) {
    writeError(Array((line.hasSuffix("\n") ? line : line + "\n").utf8))
  }
}

/// The standard streams of this process.
final class ProcessConsole: Console {
  let isErrorTerminal = isatty(STDERR_FILENO) == 1

  var errorColumns: Int? {
    let columns = clinux_terminal_columns(STDERR_FILENO)
    return columns > 0 ? Int(columns) : nil
  }

  func write(_ bytes: [UInt8]) -> Bool { Self.write(bytes, to: STDOUT_FILENO) }

  func writeError(_ bytes: [UInt8]) { _ = Self.write(bytes, to: STDERR_FILENO) }

  func readInput(limit: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count <= limit {
      let count = append(to: &bytes, from: STDIN_FILENO, maximum: 64 << 10)
      guard count > 0 || (count < 0 && errno == EINTR) else { break }
    }
    return bytes
  }

  private static func write(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(
          descriptor,
          UnsafeRawBufferPointer(rebasing: rest).baseAddress,
          rest.count
        )
        if count > 0 {
          rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
          var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&writable, 1, -1)
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
  }
}

/// Reads once from a descriptor and appends what came; the answer is that of read(2).
func append(to bytes: inout [UInt8], from descriptor: CInt, maximum: Int) -> Int {
  var count = 0
  bytes.append(addingCapacity: maximum) { span in
    span.withUnsafeMutableBufferPointer { buffer, filled in
      guard let start = buffer.baseAddress else { return }
      count = read(descriptor, start + filled, maximum)
      filled += max(count, 0)
    }
  }
  return count
}
