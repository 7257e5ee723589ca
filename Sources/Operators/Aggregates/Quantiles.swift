// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Quantiles of a number that each element has, each with a guaranteed relative error.
///
/// See ``QuantileSketch`` for what is promised and kept: the fifth place of 9 numbers is their median,
/// told within the relative error.
///
/// ```swift
/// .aggregate { Quantiles(of: \.latency, at: [0.5, 0.99]) }   // window.value[0.99]
/// ```
public struct Quantiles<Input: Sendable, Value: DoubleConvertible>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline let fractions: [Double]
  @usableFromInline var sketch: QuantileSketch

  /// Makes the quantiles of nothing.
  ///
  /// - Parameters:
  ///   - value: The number of an element.
  ///   - fractions: Which quantiles the result tells, each 0 to 1; 0.5 is the median.
  ///   - relativeError: The greatest relative error, 0.0001 to 0.5. Default 0.01.
  ///   - bucketLimit: The most buckets of 8 bytes for the numbers of one sign; when they spread
  ///     wider, those nearest to zero lose the guarantee. Default 20.48 / relativeError, which is
  ///     2,048 at 0.01, and at least 64: enough for numbers that differ by a factor of 10¹⁷.
  public init(
    of value: @escaping @Sendable (Input) -> Value,
    at fractions: [Double],
    relativeError: Double = 0.01,
    bucketLimit: Int? = nil
  ) {
    precondition(fractions.allSatisfy { 0...1 ~= $0 }, "a quantile is from 0 to 1")
    self.value = value
    self.fractions = fractions
    sketch = QuantileSketch(relativeError: relativeError, bucketLimit: bucketLimit)
  }

  /// Takes in the element's number.
  @inlinable
  public mutating func add(_ element: Input) {
    sketch.add(value(element).asDouble)
  }

  /// Takes in the numbers of `other`.
  @inlinable
  public mutating func merge(_ other: Self) {
    sketch.merge(other.sketch)
  }

  /// The quantiles so far.
  public var result: QuantileEstimates {
    QuantileEstimates(
      fractions: fractions,
      values: sketch.quantiles(fractions),
      count: sketch.count,
      collapsed: sketch.collapsed,
      undefined: sketch.undefined
    )
  }

  /// Writes the sketch.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.quantiles)
    try sketch.encode(into: &encoder)
  }

  /// Reads the sketch.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.quantiles)
    try sketch.restore(from: &decoder)
  }
}

/// Numbers at quantiles.
public struct QuantileEstimates: Hashable, Sendable {
  /// Which quantiles were asked for, in that order.
  public let fractions: [Double]
  /// What stands at each; empty if there are no numbers.
  public let values: [Double]
  /// How many numbers there are.
  public let count: Int
  /// How many of them lost the guarantee; while it is 0, it holds for all.
  public let collapsed: Int
  /// How many elements had no number (NaN); they are in no quantile.
  public let undefined: Int

  /// Makes the numbers at quantiles.
  public init(
    fractions: [Double],
    values: [Double],
    count: Int,
    collapsed: Int = 0,
    undefined: Int = 0
  ) {
    self.fractions = fractions
    self.values = values
    self.count = count
    self.collapsed = collapsed
    self.undefined = undefined
  }

  /// What stands at a quantile; nil if it was not asked for, or if there are no numbers.
  public subscript(fraction: Double) -> Double? {
    guard !values.isEmpty, let place = fractions.firstIndex(of: fraction) else { return nil }
    return values[place]
  }
}
