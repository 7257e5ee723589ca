// SPDX-License-Identifier: Apache-2.0

/// An entry of a table's topic: a key gets a value, or goes.
public enum TableChange<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// The key has this value from now on.
  case set(Key, Value)
  /// The key has no value any more.
  case delete(Key)

  /// What it is about.
  @inlinable public var key: Key {
    switch self {
    case .set(let key, _): key
    case .delete(let key): key
    }
  }

  /// The new value; `nil` if the key goes.
  @inlinable public var value: Value? {
    switch self {
    case .set(_, let value): value
    case .delete: nil
    }
  }
}

extension TableChange: Equatable where Value: Equatable {}
extension TableChange: Hashable where Value: Hashable {}
