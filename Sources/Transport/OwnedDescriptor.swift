// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A descriptor with exactly one owner, which closes it when it goes.
struct OwnedDescriptor: ~Copyable, Sendable {
  let number: CInt

  /// Takes over what a system call returned, or reports why it returned none.
  init(_ result: CInt, _ operation: @autoclosure () -> String) throws(SystemError) {
    guard result >= 0 else { throw .last(operation()) }
    number = result
  }

  deinit {
    Glibc.close(number)
  }
}
