// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Reports a system call that failed: what was tried, and the kernel's reason.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The error number, such as `EADDRINUSE`.
  public let errno: CInt
  /// What was tried, in words for a person: `connect 127.0.0.1:8080`.
  public let operation: String

  /// Records a failure with a known error number.
  public init(errno: CInt, operation: String) {
    self.errno = errno
    self.operation = operation
  }

  /// Records the failure of the call that was just made on this thread.
  static func last(_ operation: String) -> SystemError {
    SystemError(errno: Glibc.errno, operation: operation)
  }

  /// The kernel's reason in words: `Connection refused`.
  public var reason: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
      guard let start = text.baseAddress, strerror_r(errno, start, text.count) == 0 else {
        return "error \(errno)"
      }
      return String(cString: start)
    }
  }

  /// The operation and the reason: `connect 127.0.0.1:8080: Connection refused`.
  public var description: String {
    "\(operation): \(reason)"
  }

  /// Whether the process or the system has no descriptor left, so that trying again later can help.
  public var isDescriptorShortage: Bool {
    errno == EMFILE || errno == ENFILE
  }
}

/// Repeats a call that a signal interrupted.
@inline(__always)
func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
