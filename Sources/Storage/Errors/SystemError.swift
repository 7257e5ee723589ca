// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What an `errno` says about a file.
enum SystemError {
  /// Tells whether there is no room: the disk is full, or a quota is reached.
  static func isFull(_ number: Int32) -> Bool { number == ENOSPC || number == EDQUOT }

  /// Tells whether the file may not be used so: permissions, or a file system that is read-only.
  static func isRefusal(_ number: Int32) -> Bool {
    number == EACCES || number == EPERM || number == EROFS
  }

  /// The error of a system call that has just failed.
  static func last(_ operation: String, _ path: String) -> StorageError {
    let number = errno
    let reason: StorageError.Reason =
      if isFull(number) { .diskFull } else if isRefusal(number) { .notWritable } else {
        .inputOutput
      }
    return StorageError(
      reason,
      operation: operation,
      path: path,
      detail: String(cString: strerror(number))
    )
  }
}
