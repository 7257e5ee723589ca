// SPDX-License-Identifier: Apache-2.0

/// An aggregate for each key, in the order in which the keys came.
///
/// The order makes output a function of the input: a dictionary's own differs from run to run.
@usableFromInline
struct KeyTable<Key: Hashable & Sendable, Value: Aggregate>: Sendable {
  @usableFromInline var keys: [Key] = []
  @usableFromInline var values: [Value] = []
  @usableFromInline var indices: [Key: Int] = [:]
  /// The index that was asked for last: equal keys often follow each other.
  @usableFromInline var recent = 0

  @usableFromInline init() {}

  @inlinable var count: Int { keys.count }

  /// The index of `key`, which gets `empty` if it is new.
  @inlinable
  mutating func index(of key: Key, empty: Value) -> Int {
    if recent < keys.count, keys[recent] == key { return recent }
    if let index = indices[key] {
      recent = index
      return index
    }
    return insert(key, empty)
  }

  @usableFromInline
  mutating func insert(_ key: Key, _ value: Value) -> Int {
    recent = keys.count
    indices[key] = recent
    keys.append(key)
    values.append(value)
    return recent
  }

  /// The aggregate of `key`, if there is one.
  @inlinable
  func value(of key: Key) -> Value? {
    indices[key].map { values[$0] }
  }

  /// Merges each key's aggregate of `other` into this table's.
  @inlinable
  mutating func merge(_ other: Self, empty: Value) {
    for index in other.keys.indices {
      let place = self.index(of: other.keys[index], empty: empty)
      values[place].merge(other.values[index])
    }
  }
}
