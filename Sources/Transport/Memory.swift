// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Hints about memory that change nothing but time.
public enum Memory {
  /// Asks the processor to fetch the beginning of an object, to be read or written soon.
  ///
  /// The object may be gone: nothing is read. Two lines of 64 bytes: put what is needed first.
  public static func prefetch(_ object: ObjectIdentifier) {
    clinux_prefetch(UnsafeRawPointer(bitPattern: UInt(bitPattern: object)))
  }
}
