// SPDX-License-Identifier: Apache-2.0

// Containers are stored when what they hold can be: by StateCodable or by Codable.

extension Optional: StateCodable {
  /// As what it holds.
  public static var storedForm: StateForm { StateForm(of: Wrapped.self) }

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
  /// As its elements.
  public static var storedForm: StateForm { StateForm(of: Element.self) }

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
  /// As its elements.
  public static var storedForm: StateForm { StateForm(of: Element.self) }

  /// Writes the number of elements, then each, in the order of what is written.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(count))
    try encoder.writeSorted(self) { element, encoder throws(StateError) in
      try encoder.encode(element)
    }
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let count = try decoder.readCount()
    self.init(minimumCapacity: decoder.capacity(for: count))
    for _ in 0..<count { insert(try decoder.decode(Element.self)) }
  }
}

extension Dictionary: StateCodable {
  /// As its keys and values.
  public static var storedForm: StateForm {
    Swift.min(StateForm(of: Key.self), StateForm(of: Value.self))
  }

  /// Writes the number of pairs, then each, in the order of what is written.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(count))
    try encoder.writeSorted(self) { pair, encoder throws(StateError) in
      try encoder.encode(pair.key)
      try encoder.encode(pair.value)
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

extension StateEncoder {
  /// Writes things that have no order in that of their bytes, so that equal containers are the same.
  fileprivate mutating func writeSorted<Elements: Collection>(
    _ elements: Elements,
    _ body: (Elements.Element, inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    var parts: [[UInt8]] = []
    parts.reserveCapacity(elements.count)
    for element in elements {
      var encoder = StateEncoder(limit: limit)
      try body(element, &encoder)
      parts.append(encoder.bytes)
    }
    parts.sort { $0.lexicographicallyPrecedes($1) }
    for part in parts { write(raw: part) }
  }
}
