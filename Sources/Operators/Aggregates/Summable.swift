// SPDX-License-Identifier: Apache-2.0

/// A number that can be summed up without end.
///
/// Whole numbers stop at their greatest and least value: a publisher's number must not end the
/// program. A type of your own conforms by saying so, if its `+=` never traps.
public protocol Summable: AdditiveArithmetic, Sendable {
  /// Adds another number.
  mutating func accumulate(_ other: Self)
}

extension Summable {
  /// Adds with `+=`.
  @inlinable
  public mutating func accumulate(_ other: Self) {
    self += other
  }
}

extension Summable where Self: FixedWidthInteger {
  /// Adds, and stops at the greatest or least value.
  @inlinable
  public mutating func accumulate(_ other: Self) {
    let (sum, overflows) = addingReportingOverflow(other)
    self = overflows ? (other < 0 ? .min : .max) : sum
  }
}

extension Int: Summable {}
extension Int32: Summable {}
extension Int64: Summable {}
extension UInt: Summable {}
extension UInt32: Summable {}
extension UInt64: Summable {}
extension Float: Summable {}
extension Double: Summable {}
