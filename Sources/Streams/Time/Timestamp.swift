// SPDX-License-Identifier: Apache-2.0

/// An instant in whole milliseconds since the Unix epoch, before and after it.
///
/// Arithmetic saturates, so that a bound or a lateness of any length is safe.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  public var milliseconds: Int64

  /// Makes the instant that lies `milliseconds` after the Unix epoch.
  @inlinable
  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// After every other instant: a deadline that is not set, a watermark at the end of a flow.
  @inlinable public static var never: Timestamp { Timestamp(milliseconds: .max) }
  /// Before every other instant: a watermark that has not moved.
  @inlinable public static var distantPast: Timestamp { Timestamp(milliseconds: .min) }

  /// Tells whether `left` is earlier than `right`.
  @inlinable
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// The instant `duration` later, in whole milliseconds; saturates.
  @inlinable
  public static func + (instant: Timestamp, duration: Duration) -> Timestamp {
    instant.advanced(byMilliseconds: duration.wholeMilliseconds)
  }

  /// The instant `duration` earlier, in whole milliseconds; saturates.
  @inlinable
  public static func - (instant: Timestamp, duration: Duration) -> Timestamp {
    let step = duration.wholeMilliseconds
    let (difference, overflows) = instant.milliseconds.subtractingReportingOverflow(step)
    if overflows { return step > 0 ? .distantPast : .never }
    return Timestamp(milliseconds: difference)
  }

  /// The instant `step` milliseconds later; saturates at ``never`` and ``distantPast``.
  @inlinable
  public func advanced(byMilliseconds step: Int64) -> Timestamp {
    let (sum, overflows) = milliseconds.addingReportingOverflow(step)
    if overflows { return step > 0 ? .never : .distantPast }
    return Timestamp(milliseconds: sum)
  }
}

extension Timestamp: Codable {
  /// Reads the number of milliseconds.
  ///
  /// - Throws: What the decoder throws where there is no whole number.
  public init(from decoder: any Decoder) throws {
    self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
  }

  /// Writes the number of milliseconds.
  ///
  /// - Throws: What the encoder throws.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}

extension Timestamp: ExpressibleByIntegerLiteral {
  /// Makes an instant from a literal in milliseconds; meant for tests and examples.
  @inlinable
  public init(integerLiteral value: Int64) {
    self.init(milliseconds: value)
  }
}

extension Duration {
  /// The duration in milliseconds, rounded towards zero; saturates.
  @inlinable
  public var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000)
    if overflows { return seconds > 0 ? .max : .min }
    let (sum, carries) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    if carries { return seconds > 0 ? .max : .min }
    return sum
  }
}
