// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits some values when the flow ends.
///
/// State: whether the flow has ended and how many values were given out. Cost: O(1).
public struct Append<Element: Sendable>: Operator {
  @usableFromInline let values: [Element]
  @usableFromInline var given = 0
  @usableFromInline var isFinishing = false

  /// Makes the operator.
  @inlinable
  public init(_ values: [Element]) {
    self.values = values
  }

  /// True: there may be several values.
  @inlinable public static var expands: Bool { true }

  /// Emits the element.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    emit(element)
  }

  /// Lets go of the values; ``resume(at:room:_:)`` gives them out.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: (Element) -> Void) {
    isFinishing = true
  }

  /// Whether the flow has ended and values are left.
  @inlinable public var isPending: Bool { isFinishing && given < values.count }

  /// Emits the next values.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Element) -> Void) {
    guard isFinishing else { return }
    let end = given + min(max(0, room), values.count - given)
    while given < end {
      given += 1
      emit(values[given - 1])
    }
  }

  /// Writes how many values were given out.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("append") { encoder throws(StateError) in
      try isFinishing.encode(into: &encoder)
      encoder.write(UInt64(given))
    }
  }

  /// Reads how many values were given out.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("append") { decoder, _ throws(StateError) in
      isFinishing = try Bool(from: &decoder)
      given = min(values.count, Int(clamping: try decoder.readUInt64()))
    }
  }

  /// The stage `append`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("append")] }
}

extension Flow {
  /// The elements, then some values once the flow has ended.
  ///
  /// ```swift
  /// let closed = lines.append("EOF")
  /// ```
  @inlinable
  public func append(_ values: Chain.Output...) -> Flow<Fused<Chain, Append<Chain.Output>>> {
    apply(Append(values))
  }

  /// The elements, then some values once the flow has ended: the same for values in an array.
  ///
  /// ```swift
  /// let all = live.append(contentsOf: trailer)
  /// ```
  @inlinable
  public func append(
    contentsOf values: [Chain.Output]
  ) -> Flow<Fused<Chain, Append<Chain.Output>>> {
    apply(Append(values))
  }
}
