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

/// The sum of a number that each element has.
public struct Sum<Input: Sendable, Value: Summable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var sum = Value.zero

  /// Makes the sum over nothing.
  ///
  /// - Parameter value: The number of an element.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  /// Adds the element's number.
  @inlinable
  public mutating func add(_ element: Input) {
    sum.accumulate(value(element))
  }

  /// Adds the other sum.
  @inlinable
  public mutating func merge(_ other: Self) {
    sum.accumulate(other.sum)
  }

  /// The sum so far.
  @inlinable public var result: Value { sum }
}
