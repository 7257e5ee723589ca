// SPDX-License-Identifier: Apache-2.0
import Streams

/// Windows of one size that lie on a grid, the same for all keys: half open, `[start, end)`; or a
/// single one that holds everything.
public struct AlignedWindows: Hashable, Sendable {
  /// The length of each window, in milliseconds.
  @usableFromInline let size: Int64
  /// The distance of two starts, in milliseconds.
  @usableFromInline let every: Int64
  /// Where the grid has a start, in milliseconds since the epoch.
  @usableFromInline let offset: Int64
  /// The length of the stretches that windows share: every window consists of whole ones.
  @usableFromInline let pane: Int64

  private init(size: Int64, every: Int64, offset: Int64) {
    precondition(size >= 1 && size < .max, "a window is at least 1 ms long")
    precondition(every >= 1 && every <= size, "windows follow each other within their size")
    precondition(abs(offset) < every, "the offset is less than the distance of two windows")
    self.size = size
    self.every = every
    self.offset = offset
    pane = Self.greatestCommonDivisor(size, every)
  }

  /// Windows that follow each other: each element is in one.
  ///
  /// - Parameters:
  ///   - size: The length, at least a millisecond.
  ///   - offset: Where a window starts, less than the size. Default: the Unix epoch.
  /// - Returns: The windows.
  public static func tumbling(_ size: Duration, offset: Duration = .zero) -> AlignedWindows {
    let size = size.wholeMilliseconds
    return AlignedWindows(size: size, every: size, offset: offset.wholeMilliseconds)
  }

  /// Windows that overlap: each element is in every window that starts within `size` before it.
  ///
  /// - Parameters:
  ///   - size: The length, at least a millisecond.
  ///   - every: The distance of two starts, at most the size.
  ///   - offset: Where a window starts, less than `every`. Default: the Unix epoch.
  /// - Returns: The windows.
  public static func sliding(
    _ size: Duration,
    every: Duration,
    offset: Duration = .zero
  ) -> AlignedWindows {
    AlignedWindows(
      size: size.wholeMilliseconds,
      every: every.wholeMilliseconds,
      offset: offset.wholeMilliseconds
    )
  }

  /// Whether all windows around `time` can be told in 64 bits of milliseconds.
  @inlinable
  func hold(_ time: Int64) -> Bool {
    time >= Int64.min.addingClamped(size.addingClamped(every))
      && time < Int64.max.subtractingClamped(size)
  }

  /// The start of the pane that holds `time`.
  @inlinable
  func paneStart(_ time: Int64) -> Int64 {
    floor(time, to: pane)
  }

  /// The end of the first window that ends after `time`.
  @inlinable
  func firstEnd(after time: Int64) -> Int64 {
    // Starts are on the grid, so ends lie `size` further.
    let start = floor(time.subtractingClamped(size), to: every)
    return start.addingClamped(every).addingClamped(size)
  }

  /// The end of the last window that holds `time`.
  @inlinable
  func lastEnd(holding time: Int64) -> Int64 {
    floor(time, to: every).addingClamped(size)
  }

  /// The greatest `offset + n · step` that is at most `time`.
  @inlinable
  func floor(_ time: Int64, to step: Int64) -> Int64 {
    let distance = time.subtractingClamped(offset)
    var remainder = distance % step
    if remainder < 0 { remainder += step }
    return time.subtractingClamped(remainder)
  }

  /// One window that holds everything: it fires early, or when the flow ends.
  ///
  /// Its start is ``Streams/Timestamp/distantPast``, its end ``Streams/Timestamp/never``; nothing is
  /// late for it.
  public static let global = AlignedWindows()

  private init() {
    (size, every, offset, pane) = (.max, .max, 0, .max)
  }

  @inlinable var isGlobal: Bool { size == .max }
  @inlinable var overlap: Bool { every != size }

  private static func greatestCommonDivisor(_ a: Int64, _ b: Int64) -> Int64 {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}

extension Int64 {
  @inlinable
  func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? (other > 0 ? .max : .min) : sum
  }

  @inlinable
  func subtractingClamped(_ other: Int64) -> Int64 {
    let (difference, overflows) = subtractingReportingOverflow(other)
    return overflows ? (other > 0 ? .min : .max) : difference
  }
}
