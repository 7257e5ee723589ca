// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits an element unless its key equals that of the element before it.
///
/// State: one key. Cost: O(1).
public struct RemoveDuplicates<Element: Sendable, Key: Equatable & Sendable>: Operator {
  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline var previous: Key?
  @usableFromInline var dropped: UInt64 = 0

  /// Makes the operator.
  @inlinable
  public init(by key: @escaping @Sendable (Element) -> Key) {
    self.key = key
  }

  /// Emits the element if its key is another than the one before, else counts it.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    let key = key(element)
    if let previous, previous == key {
      dropped &+= 1
    } else {
      previous = key
      emit(element)
    }
  }

  /// Writes the newest key.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("removeDuplicates") { encoder throws(StateError) in
      try encoder.encode(previous)
    }
  }

  /// Reads the newest key.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("removeDuplicates") { decoder, _ throws(StateError) in
      previous = try decoder.decode(Key?.self)
    }
  }

  /// The stage `removeDuplicates`: elements `dropped`.
  public var stages: [StageStatistics] {
    [StageStatistics("removeDuplicates", ["dropped": dropped])]
  }
}

extension Flow {
  /// The elements that differ from the one before them.
  ///
  /// ```swift
  /// let changes = levels.removeDuplicates()
  /// ```
  @inlinable
  public func removeDuplicates()
    -> Flow<Fused<Chain, RemoveDuplicates<Chain.Output, Chain.Output>>>
  where Chain.Output: Equatable {
    apply(RemoveDuplicates { $0 })
  }

  /// The elements whose key differs from that of the one before them.
  ///
  /// ```swift
  /// let moves = readings.removeDuplicates { $0.room }
  /// ```
  @inlinable
  public func removeDuplicates<Key: Equatable & Sendable>(
    by key: @escaping @Sendable (Chain.Output) -> Key
  ) -> Flow<Fused<Chain, RemoveDuplicates<Chain.Output, Key>>> {
    apply(RemoveDuplicates(by: key))
  }
}
