// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A pipe: a descriptor that becomes readable each time it is rung.
struct Doorbell: ~Copyable {
  let descriptor: CInt
  private let button: CInt

  init() {
    var ends: [CInt] = [-1, -1]
    precondition(pipe(&ends) == 0, "a test must be able to open a pipe")
    (descriptor, button) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(button)
  }

  func ring() {
    var byte: UInt8 = 1
    precondition(write(button, &byte, 1) == 1, "a pipe must take a byte")
  }
}
