// SPDX-License-Identifier: Apache-2.0
public import Streams

/// How far a number that each element has spreads around its mean.
///
/// One pass without cancellation (Welford; parts are merged by Chan's formula). What is no number or
/// infinite makes the variance no number.
///
/// ```swift
/// .aggregate { Variance(of: \.latency) }   // window.value.deviation
/// ```
public struct Variance<Input: Sendable, Value: DoubleConvertible>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline var count = 0
  @usableFromInline var mean = 0.0
  /// The sum of the squared distances from the mean.
  @usableFromInline var squares = 0.0

  /// Makes the variance of nothing.
  ///
  /// - Parameter value: The number of an element.
  @inlinable
  public init(of value: @escaping @Sendable (Input) -> Value) {
    self.value = value
  }

  /// Takes in the element's number.
  @inlinable
  public mutating func add(_ element: Input) {
    let number = value(element).asDouble
    count.accumulate(1)
    let distance = number - mean
    mean += distance / Double(count)
    squares += distance * (number - mean)
  }

  /// Takes in the numbers of `other`.
  @inlinable
  public mutating func merge(_ other: Self) {
    guard other.count > 0 else { return }
    let (left, right) = (Double(count), Double(other.count))
    let distance = other.mean - mean
    let share = right / (left + right)
    count.accumulate(other.count)
    mean = left == 0 ? other.mean : mean + distance * share
    squares += other.squares + (left == 0 ? 0 : distance * distance * left * share)
  }

  /// The spread so far.
  @inlinable public var result: Spread {
    Spread(count: count, mean: count == 0 ? nil : mean, squares: squares)
  }

  /// Writes the count, the mean and the squares.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.variance)
    encoder.write(count: count)
    encoder.writeFixed(mean.bitPattern)
    encoder.writeFixed(squares.bitPattern)
  }

  /// Reads the count, the mean and the squares.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.variance)
    count = try decoder.readTotal()
    mean = Double(bitPattern: try decoder.readFixed())
    squares = Double(bitPattern: try decoder.readFixed())
  }
}

/// How far numbers spread around their mean.
public struct Spread: Hashable, Sendable {
  /// How many numbers there are.
  public let count: Int
  /// Their mean; nil if there are none.
  public let mean: Double?
  /// The sum of the squared distances from the mean.
  public let squares: Double

  /// Makes a spread.
  public init(count: Int, mean: Double?, squares: Double) {
    self.count = count
    self.mean = mean
    self.squares = squares
  }

  /// The variance of these numbers, as all there are; nil if there are none.
  public var population: Double? { count == 0 ? nil : squares / Double(count) }

  /// The variance of what these numbers are a sample of; nil if there are fewer than two.
  public var sample: Double? { count < 2 ? nil : squares / Double(count - 1) }

  /// The square root of ``sample``; nil if there are fewer than two numbers.
  public var deviation: Double? { sample?.squareRoot() }
}
