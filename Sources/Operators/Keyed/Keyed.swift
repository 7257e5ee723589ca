// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A value and the key that it belongs to.
public struct Keyed<Key: Sendable, Value: Sendable>: Sendable {
  /// The key.
  public let key: Key
  /// The value.
  public let value: Value

  /// Makes a value with its key.
  @inlinable
  public init(key: Key, value: Value) {
    self.key = key
    self.value = value
  }
}

extension Keyed: Equatable where Key: Equatable, Value: Equatable {}
extension Keyed: Hashable where Key: Hashable, Value: Hashable {}
extension Keyed: Encodable where Key: Encodable, Value: Encodable {}
extension Keyed: Decodable where Key: Decodable, Value: Decodable {}

extension Keyed: StateCodable {
  /// As the key and the value.
  public static var storedForm: StateForm {
    min(StateForm(of: Key.self), StateForm(of: Value.self))
  }

  /// Writes the key, then the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.encode(key)
    try encoder.encode(value)
  }

  /// Reads the key, then the value.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    key = try decoder.decode(Key.self)
    value = try decoder.decode(Value.self)
  }
}
