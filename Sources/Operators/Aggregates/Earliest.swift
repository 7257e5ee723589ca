// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The value of the element whose event time is the earliest; of equal times, of the one that came first.
///
/// Of parts that are merged, the one merged into came first.
///
/// ```swift
/// .aggregate { Earliest(of: \.status, at: \.time) }
/// ```
public struct Earliest<Input: Sendable, Value: Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline let time: @Sendable (Input) -> Timestamp
  @usableFromInline var kept: (value: Value, time: Timestamp)?

  /// Makes the earliest of nothing.
  ///
  /// - Parameters:
  ///   - value: The value of an element.
  ///   - time: Its event time.
  @inlinable
  public init(
    of value: @escaping @Sendable (Input) -> Value,
    at time: @escaping @Sendable (Input) -> Timestamp
  ) {
    self.value = value
    self.time = time
  }

  /// Keeps the element's value if its time is the earliest so far.
  @inlinable
  public mutating func add(_ element: Input) {
    let time = time(element)
    if let kept, !(time < kept.time) { return }
    kept = (value(element), time)
  }

  /// Keeps the value of `other` if its time is the earliest.
  @inlinable
  public mutating func merge(_ other: Self) {
    guard let candidate = other.kept else { return }
    if let kept, !(candidate.time < kept.time) { return }
    kept = candidate
  }

  /// The value so far; nil if there is none.
  @inlinable public var result: Value? { kept?.value }

  /// Writes the value and its time.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.earliest)
    try encoder.encode(kept?.time)
    if let kept { try encoder.encode(kept.value) }
  }

  /// Reads the value and its time.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.earliest)
    kept = nil
    guard let time = try decoder.decode(Timestamp?.self) else { return }
    kept = (try decoder.decode(Value.self), time)
  }
}

extension Earliest where Value == Input {
  /// Makes the earliest of no elements; the result is the element itself.
  ///
  /// - Parameter time: The event time of an element.
  @inlinable
  public init(at time: @escaping @Sendable (Input) -> Timestamp) {
    self.init(of: { $0 }, at: time)
  }
}
