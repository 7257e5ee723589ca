// SPDX-License-Identifier: Apache-2.0
public import Streams

/// How many different values there are, about, in a fixed amount of memory (HyperLogLog).
///
/// Few values are counted exactly: up to a sixteenth of the registers. See ``Distinct`` for a count
/// that is exact up to a limit, at the cost of keeping each value.
///
/// ```swift
/// .aggregate { ApproximateDistinct(of: \.address) }
/// ```
public struct ApproximateDistinct<Input: Sendable, Value: StableHashable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var sketch: HyperLogLog

  /// Makes the count of nothing.
  ///
  /// - Parameters:
  ///   - value: What is told apart of an element.
  ///   - standardError: The standard error that is accepted, 0.0021 to 0.13: two of three counts are
  ///     within it, 19 of 20 within double. Default 0.01, which takes 16 KiB (and has 0.0081); each
  ///     halving takes four times as much.
  public init(of value: @escaping @Sendable (Input) -> Value, standardError: Double = 0.01) {
    precondition(0.0021...0.13 ~= standardError, "a standard error is from 0.0021 to 0.13")
    self.value = value
    var sketch = HyperLogLog(precision: 6)
    while sketch.standardError > standardError, sketch.precision < 18 {
      sketch = HyperLogLog(precision: sketch.precision + 1)
    }
    self.sketch = sketch
  }

  /// Takes in the element's value.
  @inlinable
  public mutating func add(_ element: Input) {
    sketch.add(hash: value(element).stableHash)
  }

  /// Takes in the values of `other`.
  @inlinable
  public mutating func merge(_ other: Self) {
    sketch.merge(other.sketch)
  }

  /// The count so far.
  public var result: DistinctEstimate {
    DistinctEstimate(
      count: sketch.count,
      standardError: sketch.isExact ? 0 : sketch.standardError
    )
  }

  /// Writes the sketch.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.approximateDistinct)
    try sketch.encode(into: &encoder)
  }

  /// Reads the sketch.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.approximateDistinct)
    try sketch.restore(from: &decoder)
  }
}

/// About how many different values there are.
public struct DistinctEstimate: Hashable, Sendable {
  /// How many.
  public let count: Int
  /// The relative standard error of the count; 0 if it is exact.
  public let standardError: Double

  /// Makes an estimate.
  public init(count: Int, standardError: Double) {
    self.count = count
    self.standardError = standardError
  }

  /// Whether the count is exact.
  public var isExact: Bool { standardError == 0 }
}
