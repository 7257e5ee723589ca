// SPDX-License-Identifier: Apache-2.0

/// All keys of a table with their values at one offset, in the order in which they were set.
public struct TableSnapshot<Key: Hashable & Sendable, Value: Sendable>: Sendable, Sequence {
  /// A key with its value.
  public struct Entry: Sendable {
    /// The key.
    public let key: Key
    /// Its value.
    public let value: Value
    /// The offset at which it was set.
    public let offset: Offset
    /// The instant at which it was set, as the topic gave it.
    public let appended: Timestamp
  }

  /// The life of the topic's log.
  public let epoch: Epoch
  /// The newest offset that it takes into account; 0 before the first.
  ///
  /// A cursor that starts behind it goes on with the changes.
  public let offset: Offset
  let slots: SlotLog<TableChange<Key, Value>>

  /// The number of keys.
  public var count: Int { slots.count }

  /// Goes through the entries by offset.
  public func makeIterator() -> Iterator {
    Iterator(slots: slots, place: slots.place(from: 0))
  }

  /// Goes through a snapshot by offset.
  public struct Iterator: IteratorProtocol {
    let slots: SlotLog<TableChange<Key, Value>>
    var place: SlotLog<TableChange<Key, Value>>.Place

    /// The next entry; `nil` at the end.
    public mutating func next() -> Entry? {
      while let slot = slots.next(&place) {
        guard case .set(let key, let value) = slot.element else { continue }
        return Entry(key: key, value: value, offset: slot.offset, appended: slot.appended)
      }
      return nil
    }
  }
}
