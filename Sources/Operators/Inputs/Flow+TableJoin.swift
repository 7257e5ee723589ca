// SPDX-License-Identifier: Apache-2.0
public import Streams

extension Flow {
  /// Each element of this flow with its key's value in a table, as it was when the element was
  /// appended.
  ///
  /// An element whose key has no value then is left out, and counted as `unmatched`. A reading starts
  /// with the table's snapshot; a value that the table had replaced before the reading started is not
  /// known to it, so an older element finds no value there. Of a change and an element of one instant
  /// the element comes first. It ends when both have ended.
  ///
  /// ```swift
  /// let named = visits.join(names, on: \.user)
  /// ```
  ///
  /// - Parameters:
  ///   - table: The table, on the clock of this flow's source.
  ///   - key: The key of an element.
  ///   - limit: How many keys are kept; those go first that were set the longest ago. Default
  ///     ``JoinLimit/standard``.
  /// - Returns: The flow of elements with their values.
  @inlinable
  public func join<Key: Hashable & Sendable, Value: Sendable>(
    _ table: Table<Key, Value>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    limit: JoinLimit = .standard
  ) -> Flow<
    Inputs<
      Chain.Output, TableChange<Key, Value>,
      TableJoin<Chain.Output, TableChange<Key, Value>, Key, Value, Joined<Chain.Output, Value>>
    >
  > {
    join(
      latest: table.timelessFlow(),
      on: key,
      equals: { $0.key },
      value: { $0.value },
      limit: limit
    )
  }

  /// The same, with the elements whose key has no value.
  ///
  /// ```swift
  /// let named = visits.leftJoin(names, on: \.user)
  /// ```
  ///
  /// - Parameters:
  ///   - table: The table, on the clock of this flow's source.
  ///   - key: The key of an element.
  ///   - limit: How many keys are kept; those go first that were set the longest ago. Default
  ///     ``JoinLimit/standard``.
  /// - Returns: The flow of elements, with their values where there are some.
  @inlinable
  public func leftJoin<Key: Hashable & Sendable, Value: Sendable>(
    _ table: Table<Key, Value>,
    on key: @escaping @Sendable (Chain.Output) -> Key,
    limit: JoinLimit = .standard
  ) -> Flow<
    Inputs<
      Chain.Output, TableChange<Key, Value>,
      TableJoin<Chain.Output, TableChange<Key, Value>, Key, Value, Joined<Chain.Output, Value?>>
    >
  > {
    leftJoin(
      latest: table.timelessFlow(),
      on: key,
      equals: { $0.key },
      value: { $0.value },
      limit: limit
    )
  }
}

extension Table {
  /// Its changes, which know no event time: watermarks don't wait for them.
  @usableFromInline
  func timelessFlow() -> Flow<Identity<TableChange<Key, Value>>> {
    let changes = flow()
    let watermarks = changes.watermarks.onSilence(.idleAfter(.milliseconds(1)))
    return Flow(source: changes.source, chain: changes.chain, watermarks: watermarks)
  }
}
