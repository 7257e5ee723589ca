// SPDX-License-Identifier: Apache-2.0
public import Streams

/// How often elements come by event time, where each counts half as much after each half-life.
///
/// The sum of all elements' weights at the latest time seen, whatever the order in which they come. It
/// rises from 0: after one half-life of steady elements it tells half of their rate, after ten 99.9 %.
///
/// ```swift
/// .aggregate { Rate(at: \.time, halfLife: .seconds(10)) }   // window.value.perSecond(at: window.end)
/// ```
public struct Rate<Input: Sendable, Value: DoubleConvertible>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline let time: @Sendable (Input) -> Timestamp
  @usableFromInline let decay: Decay
  @usableFromInline var weight = 0.0
  @usableFromInline var latest = Timestamp.distantPast

  /// Makes the rate of nothing, of a number that each element has, such as its bytes.
  ///
  /// - Parameters:
  ///   - value: The number of an element. Infinity or what is no number makes the rate none.
  ///   - time: Its event time.
  ///   - halfLife: How long it takes until an element counts half, at least a millisecond.
  public init(
    of value: @escaping @Sendable (Input) -> Value,
    at time: @escaping @Sendable (Input) -> Timestamp,
    halfLife: Duration
  ) {
    precondition(halfLife.wholeMilliseconds >= 1, "a half-life is at least 1 ms")
    self.value = value
    self.time = time
    decay = Decay(halfLife: halfLife.wholeMilliseconds)
  }

  /// Adds the element's weight, as of the latest time.
  @inlinable
  public mutating func add(_ element: Input) {
    accumulate(value(element).asDouble, time(element))
  }

  @inlinable
  mutating func accumulate(_ number: Double, _ instant: Timestamp) {
    if instant > latest {
      weight = number + weight * decay.factor(from: latest, to: instant)
      latest = instant
    } else {
      weight += number * decay.factor(from: instant, to: latest)
    }
  }

  /// Adds the weight of `other`, as of the later of both times.
  @inlinable
  public mutating func merge(_ other: Self) {
    accumulate(other.weight, other.latest)
  }

  /// The rate so far.
  public var result: DecayedRate {
    DecayedRate(weight: weight, latest: latest, halfLife: .milliseconds(decay.halfLife))
  }

  /// Writes the weight and its time.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.rate)
    encoder.write(decay.halfLife)
    encoder.writeFixed(weight.bitPattern)
    encoder.write(latest.milliseconds)
  }

  /// Reads the weight and its time; refuses those of another half-life.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.rate)
    let start = decoder.index
    guard try decoder.readInt64() == decay.halfLife else {
      throw .malformed(at: start, expected: "a half-life of \(decay.halfLife) ms")
    }
    weight = Double(bitPattern: try decoder.readFixed())
    latest = Timestamp(milliseconds: try decoder.readInt64())
  }
}

extension Rate where Value == Int {
  /// Makes the rate of no elements, each of which counts 1.
  ///
  /// - Parameters:
  ///   - time: The event time of an element.
  ///   - halfLife: How long it takes until an element counts half, at least a millisecond.
  public init(at time: @escaping @Sendable (Input) -> Timestamp, halfLife: Duration) {
    self.init(of: { _ in 1 }, at: time, halfLife: halfLife)
  }
}

/// How often elements came until an instant, the latest ones counting most.
public struct DecayedRate: Hashable, Sendable {
  /// The sum of the elements' weights at ``latest``.
  public let weight: Double
  /// The latest event time; `.distantPast` if there were no elements.
  public let latest: Timestamp
  /// How long it takes until an element counts half, at least a millisecond.
  public let halfLife: Duration

  /// Makes a rate.
  public init(weight: Double, latest: Timestamp, halfLife: Duration) {
    precondition(halfLife.wholeMilliseconds >= 1, "a half-life is at least 1 ms")
    self.weight = weight
    self.latest = latest
    self.halfLife = halfLife
  }

  /// The rate at the latest event time, in elements (or what was summed up) per second.
  public var perSecond: Double { perSecond(at: latest) }

  /// The rate at an instant, in elements (or what was summed up) per second.
  ///
  /// - Parameter instant: Since when elements are missing; not before the latest event time.
  /// - Returns: The rate; that at the latest event time if the instant is before that.
  public func perSecond(at instant: Timestamp) -> Double {
    let decay = Decay(halfLife: halfLife.wholeMilliseconds)
    // ln 2 over the half-life is how much of the weight goes per second.
    let rate = weight * 693.147_180_559_945_3 / Double(decay.halfLife)
    return instant > latest ? rate * decay.factor(from: latest, to: instant) : rate
  }
}
