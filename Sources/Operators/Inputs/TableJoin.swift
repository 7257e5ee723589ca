// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits each element of the first input with what the second has last said about its key.
public struct TableJoin<
  Element: Sendable,
  Change: Sendable,
  Key: Hashable & Sendable,
  Value: Sendable,
  Output: Sendable
>: Operator {
  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let changeKey: @Sendable (Change) -> Key
  @usableFromInline let changeValue: @Sendable (Change) -> Value?
  @usableFromInline let combine: @Sendable (Element, Value?) -> Output?
  @usableFromInline var values: LatestByKey<Key, Value>
  @usableFromInline var unmatched: UInt64 = 0

  /// Makes the operator; `combine` answers `nil` where nothing is to come out.
  public init(
    on key: @escaping @Sendable (Element) -> Key,
    equals changeKey: @escaping @Sendable (Change) -> Key,
    value changeValue: @escaping @Sendable (Change) -> Value?,
    limit: JoinLimit,
    combine: @escaping @Sendable (Element, Value?) -> Output?
  ) {
    self.key = key
    self.changeKey = changeKey
    self.changeValue = changeValue
    self.combine = combine
    values = LatestByKey(limit: limit)
  }

  /// Emits the element with its key's value; takes note of a change.
  @inlinable
  public mutating func receive(
    _ element: Either<Element, Change>,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    switch element {
    case .right(let change):
      values.set(changeValue(change), of: changeKey(change))
    case .left(let element):
      let value = values[key(element)]
      if value == nil { unmatched &+= 1 }
      if let output = combine(element, value) { emit(output) }
    }
  }

  /// Writes the values by key.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("tableJoin") { encoder throws(StateError) in
      try values.encode(into: &encoder)
    }
  }

  /// Reads the values by key.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("tableJoin") { decoder, _ throws(StateError) in
      try values.restore(from: &decoder)
    }
  }

  /// The stage `tableJoin`: elements whose key had no value as `unmatched`, keys that were `dropped`
  /// since there was no room, and those that are `held` now.
  public var stages: [StageStatistics] {
    [
      StageStatistics(
        "tableJoin",
        [
          "unmatched": unmatched, "dropped": values.dropped,
          "held": UInt64(values.count),
        ]
      )
    ]
  }
}

extension Flow {
  /// Each element of this flow with what a flow of changes has last said about its key, as it was
  /// when the element was appended.
  ///
  /// An element whose key has no value then is left out, and counted as `unmatched`. Of a change and
  /// an element of one instant the element comes first. It ends when both have ended.
  ///
  /// ```swift
  /// let named = visits.join(
  ///   latest: names.flow(from: .earliest), on: \.user, equals: \.id, value: { $0.name })
  /// ```
  ///
  /// - Parameters:
  ///   - changes: The changes; read from a table's beginning they build up the table.
  ///   - key: The key of an element.
  ///   - changeKey: The key of a change.
  ///   - value: The key's new value; `nil` if the key goes.
  ///   - limit: How many keys are kept; those go first that were set the longest ago. Default
  ///     ``JoinLimit/standard``.
  /// - Returns: The flow of elements with their values.
  @inlinable
  public func join<Changes: Operator, Key: Hashable & Sendable, Value: Sendable>(
    latest changes: Flow<Changes>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals changeKey: @escaping @Sendable (Changes.Output) -> Key,
    value: @escaping @Sendable (Changes.Output) -> Value?,
    limit: JoinLimit = .standard
  ) -> Flow<
    Inputs<
      Chain.Output, Changes.Output,
      TableJoin<Chain.Output, Changes.Output, Key, Value, Joined<Chain.Output, Value>>
    >
  > {
    either(changes).apply(
      TableJoin(on: key, equals: changeKey, value: value, limit: limit) { element, value in
        value.map { Joined(left: element, right: $0) }
      }
    )
  }

  /// The same, with the elements whose key has no value.
  ///
  /// ```swift
  /// let named = visits.leftJoin(
  ///   latest: names.flow(from: .earliest), on: \.user, equals: \.id, value: { $0.name })
  /// ```
  ///
  /// - Parameters:
  ///   - changes: The changes; read from a table's beginning they build up the table.
  ///   - key: The key of an element.
  ///   - changeKey: The key of a change.
  ///   - value: The key's new value; `nil` if the key goes.
  ///   - limit: How many keys are kept; those go first that were set the longest ago. Default
  ///     ``JoinLimit/standard``.
  /// - Returns: The flow of elements, with their values where there are some.
  @inlinable
  public func leftJoin<Changes: Operator, Key: Hashable & Sendable, Value: Sendable>(
    latest changes: Flow<Changes>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    equals changeKey: @escaping @Sendable (Changes.Output) -> Key,
    value: @escaping @Sendable (Changes.Output) -> Value?,
    limit: JoinLimit = .standard
  ) -> Flow<
    Inputs<
      Chain.Output, Changes.Output,
      TableJoin<Chain.Output, Changes.Output, Key, Value, Joined<Chain.Output, Value?>>
    >
  > {
    either(changes).apply(
      TableJoin(on: key, equals: changeKey, value: value, limit: limit) {
        Joined(left: $0, right: $1)
      }
    )
  }
}
