// SPDX-License-Identifier: Apache-2.0
public import Streams

/// About how often each value occurs, for any value that one asks about later (count-min).
///
/// See ``FrequencySketch`` for what is promised. It does not know which values there were;
/// ``HeavyHitters`` does, of the frequent ones.
///
/// ```swift
/// .aggregate { CountMin(of: \.path) }   // window.value.estimate(of: "/index.html")
/// ```
public struct CountMin<Input: Sendable, Value: StableHashable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var sketch: FrequencySketch<Value>

  /// Makes the sketch of nothing.
  ///
  /// - Parameters:
  ///   - value: What is counted of an element.
  ///   - error: By which part of all elements an estimate may be too high, 0.000001 to 0.5.
  ///     Default 0.001.
  ///   - confidence: How probable it is that an estimate is not higher than that, 0.5 to 0.999999.
  ///     Default 0.99; with the default error that takes 160 KiB.
  public init(
    of value: @escaping @Sendable (Input) -> Value,
    error: Double = 0.001,
    confidence: Double = 0.99
  ) {
    self.value = value
    sketch = FrequencySketch(error: error, confidence: confidence)
  }

  /// Counts the element's value.
  @inlinable
  public mutating func add(_ element: Input) {
    sketch.add(value(element))
  }

  /// Adds all that `other` has counted.
  @inlinable
  public mutating func merge(_ other: Self) {
    sketch.merge(other.sketch)
  }

  /// The sketch so far, to be asked about values.
  @inlinable public var result: FrequencySketch<Value> { sketch }

  /// Writes the sketch.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.countMin)
    try sketch.encode(into: &encoder)
  }

  /// Reads the sketch.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.countMin)
    try sketch.restore(from: &decoder)
  }
}
