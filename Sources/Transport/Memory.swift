// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Hints about memory that change nothing but time.
public enum Memory {
  /// Asks the processor to fetch the 64 bytes in which something lies, to be read or written soon.
  ///
  /// It may be gone: nothing is read.
  public static func prefetch(_ address: UnsafeRawPointer) {
    clinux_prefetch(address)
  }
}
