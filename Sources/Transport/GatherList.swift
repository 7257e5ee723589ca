// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Collects slices of byte arrays for one gathering write, without copying or retaining them.
///
/// It lives on the stack or in its owner and can be emptied and filled again.
public struct GatherList: ~Copyable {
  /// Most slices held: at 64 the cost of the system call is spread thin, and the list is 1 KiB.
  public static let capacity = 64

  /// Slices held now.
  public private(set) var count = 0
  /// Bytes held now, over all slices.
  public private(set) var byteCount = 0
  private var slices = InlineArray<64, iovec>(repeating: iovec())

  /// Makes an empty list.
  public init() {}

  /// Whether no further slice fits.
  public var isFull: Bool { count == Self.capacity }

  /// Adds the bytes of an array from an offset on.
  ///
  /// Only their place in memory is kept: an array of bytes lies in one piece and stays there while
  /// it is referenced and not mutated, so the caller keeps the array until the list was written.
  ///
  /// - Parameters:
  ///   - bytes: An array that is kept elsewhere: in a ring, in a buffer.
  ///   - offset: Bytes to leave out at its beginning, at most all.
  public mutating func append(unretained bytes: [UInt8], from offset: Int = 0) {
    precondition(!isFull, "a gather list must have room for another slice")
    bytes.withUnsafeBytes { memory in
      let rest = UnsafeRawBufferPointer(rebasing: memory[offset...])
      slices[count].iov_base = UnsafeMutableRawPointer(mutating: rest.baseAddress)
      slices[count].iov_len = rest.count
    }
    byteCount += bytes.count - offset
    count += 1
  }

  /// Forgets all slices.
  public mutating func removeAll() {
    (count, byteCount) = (0, 0)
  }

  /// Lends the slices in the form that the kernel takes.
  borrowing func withSlices<Result>(_ body: (UnsafeBufferPointer<iovec>) -> Result) -> Result {
    slices.span.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[..<count])) }
  }
}
