// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits some values before the first element.
///
/// They come as soon as the flow is read, at the instant ``Streams/Timestamp/distantPast`` if nothing
/// was appended before. State: how many values were given out. Cost: O(1).
public struct Prepend<Element: Sendable>: Operator {
  @usableFromInline let values: [Element]
  @usableFromInline var given = 0

  /// Makes the operator.
  @inlinable
  public init(_ values: [Element]) {
    self.values = values
  }

  /// True: there may be several values.
  @inlinable public static var expands: Bool { true }

  /// Emits the element, behind values that were not asked for.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    if isPending { resume(at: now, room: .max, emit) }
    emit(element)
  }

  /// Whether values are left.
  @inlinable public var isPending: Bool { given < values.count }

  /// Emits the next values.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Element) -> Void) {
    let end = given + min(max(0, room), values.count - given)
    while given < end {
      given += 1
      emit(values[given - 1])
    }
  }

  /// Writes how many values were given out.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("prepend") { encoder throws(StateError) in encoder.write(UInt64(given)) }
  }

  /// Reads how many values were given out.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("prepend") { decoder, _ throws(StateError) in
      given = min(values.count, Int(clamping: try decoder.readUInt64()))
    }
  }

  /// The stage `prepend`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("prepend")] }
}

extension Flow {
  /// Some values, then the elements.
  ///
  /// The values come as soon as the flow is read. To operators behind it they come before all time,
  /// at ``Streams/Timestamp/distantPast``.
  ///
  /// ```swift
  /// let level = levels.prepend(0)
  /// ```
  @inlinable
  public func prepend(
    _ values: Chain.Output...
  ) -> Flow<Fused<Chain, Prepend<Chain.Output>>> {
    apply(Prepend(values))
  }

  /// Some values, then the elements: the same for values that are in an array.
  ///
  /// ```swift
  /// let all = live.prepend(contentsOf: known)
  /// ```
  @inlinable
  public func prepend(
    contentsOf values: [Chain.Output]
  ) -> Flow<Fused<Chain, Prepend<Chain.Output>>> {
    apply(Prepend(values))
  }
}
