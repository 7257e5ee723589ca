// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The value of the element whose event time is the latest; of equal times, of the one that came last.
///
/// Of parts that are merged, the one merged into came first.
///
/// ```swift
/// .aggregate { Latest(of: \.status, at: \.time) }
/// ```
public struct Latest<Input: Sendable, Value: Sendable>: Aggregate {
  @usableFromInline let value: @Sendable (Input) -> Value
  @usableFromInline let time: @Sendable (Input) -> Timestamp
  @usableFromInline var kept: (value: Value, time: Timestamp)?

  /// Makes the latest of nothing.
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

  /// Keeps the element's value if its time is the latest so far.
  @inlinable
  public mutating func add(_ element: Input) {
    let time = time(element)
    if let kept, !(time >= kept.time) { return }
    kept = (value(element), time)
  }

  /// Keeps the value of `other` if its time is the latest.
  @inlinable
  public mutating func merge(_ other: Self) {
    guard let candidate = other.kept else { return }
    if let kept, !(candidate.time >= kept.time) { return }
    kept = candidate
  }

  /// The value so far; nil if there is none.
  @inlinable public var result: Value? { kept?.value }

  /// Writes the value and its time.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(.latest)
    try encoder.encode(kept?.time)
    if let kept { try encoder.encode(kept.value) }
  }

  /// Reads the value and its time.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.expect(.latest)
    kept = nil
    guard let time = try decoder.decode(Timestamp?.self) else { return }
    kept = (try decoder.decode(Value.self), time)
  }
}

extension Latest where Value == Input {
  /// Makes the latest of no elements; the result is the element itself.
  ///
  /// - Parameter time: The event time of an element.
  @inlinable
  public init(at time: @escaping @Sendable (Input) -> Timestamp) {
    self.init(of: { $0 }, at: time)
  }
}
