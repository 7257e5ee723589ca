// SPDX-License-Identifier: Apache-2.0

// Containers are stored when what they hold can be: by StateCodable or by Codable.

extension Optional: StateCodable {
  /// Writes whether there is a value, then the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(self == nil ? 0 : 1))
    if let self { try encoder.encode(self) }
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    self = try Bool(from: &decoder) ? try decoder.decode(Wrapped.self) : nil
  }
}

extension Array: StateCodable {
  /// Writes the number of elements, then each.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(count))
    for element in self { try encoder.encode(element) }
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let count = try decoder.readCount()
    self.init()
    reserveCapacity(decoder.capacity(for: count))
    for _ in 0..<count { append(try decoder.decode(Element.self)) }
  }
}

extension Set: StateCodable {
  /// Writes the number of elements, then each, in no order.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(count))
    for element in self { try encoder.encode(element) }
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let count = try decoder.readCount()
    self.init(minimumCapacity: decoder.capacity(for: count))
    for _ in 0..<count { insert(try decoder.decode(Element.self)) }
  }
}

extension Dictionary: StateCodable {
  /// Writes the number of pairs, then each, in no order.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(count))
    for (key, value) in self {
      try encoder.encode(key)
      try encoder.encode(value)
    }
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let count = try decoder.readCount()
    self.init(minimumCapacity: decoder.capacity(for: count))
    for _ in 0..<count {
      let key = try decoder.decode(Key.self)
      self[key] = try decoder.decode(Value.self)
    }
  }
}
