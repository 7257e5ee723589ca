// SPDX-License-Identifier: Apache-2.0

/// Gives a `Decodable` value what its tree says.
struct TreeDecoder: Decoder {
  let tree: CodedTree
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .fields(let fields) = tree else { throw mismatch("fields") }
    return KeyedDecodingContainer(KeyedReading<Key>(decoder: self, fields: fields))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let list) = tree else { throw mismatch("a list") }
    return UnkeyedReading(decoder: self, list: list)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { SingleReading(decoder: self) }

  func inside(_ tree: CodedTree, _ key: any CodingKey) -> TreeDecoder {
    TreeDecoder(tree: tree, codingPath: codingPath + [key])
  }

  var isNull: Bool { if case .null = tree { true } else { false } }

  /// Makes a value: numbers, text and truth of scalars, all else by its own initialiser.
  func make<Value: Decodable>(_ type: Value.Type) throws -> Value {
    if let value = try scalar(type) {
      guard let value = value as? Value else { throw mismatch("\(type)") }
      return value
    }
    return try Value(from: self)
  }

  private func scalar(_ type: Any.Type) throws -> Any? {
    switch (type, tree) {
    case (is Bool.Type, .bool(let value)): return value
    case (is String.Type, .string(let value)): return value
    case (is Double.Type, .double(let value)): return value
    case (is Float.Type, .double(let value)): return Float(value)
    case (is any FixedWidthInteger.Type, _):
      guard let type = type as? any FixedWidthInteger.Type else { return nil }
      guard let value = whole(type) else { throw mismatch("\(type)") }
      return value
    case (is Bool.Type, _), (is String.Type, _), (is Double.Type, _), (is Float.Type, _):
      throw mismatch("\(type)")
    default: return nil
    }
  }

  private func whole<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    switch tree {
    case .signed(let value): Number(exactly: value)
    case .unsigned(let value): Number(exactly: value)
    default: nil
    }
  }

  func mismatch(_ expected: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: codingPath, debugDescription: "expected \(expected)"))
  }
}

private struct KeyedReading<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: TreeDecoder
  let fields: [String: CodedTree]
  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { fields.keys.sorted().compactMap { Key(stringValue: $0) } }

  private func inside(_ key: any CodingKey) throws -> TreeDecoder {
    guard let tree = fields[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key,
        .init(codingPath: codingPath, debugDescription: "there is no such field")
      )
    }
    return decoder.inside(tree, key)
  }

  func contains(_ key: Key) -> Bool { fields[key.stringValue] != nil }
  func decodeNil(forKey key: Key) throws -> Bool { try inside(key).isNull }
  func superDecoder() throws -> any Decoder { try inside(TreeKey.super) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try inside(key) }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try inside(key).make(type)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type,
    forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try inside(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try inside(key).unkeyedContainer()
  }
}

private struct UnkeyedReading: UnkeyedDecodingContainer {
  let decoder: TreeDecoder
  let list: [CodedTree]
  private(set) var currentIndex = 0
  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { list.count }
  var isAtEnd: Bool { currentIndex >= list.count }

  init(decoder: TreeDecoder, list: [CodedTree]) {
    self.decoder = decoder
    self.list = list
  }

  private mutating func next() throws -> TreeDecoder {
    guard currentIndex < list.count else { throw decoder.mismatch("another element") }
    defer { currentIndex += 1 }
    return decoder.inside(list[currentIndex], TreeKey(currentIndex))
  }

  mutating func decodeNil() throws -> Bool {
    guard currentIndex < list.count, case .null = list[currentIndex] else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try next().make(type)
  }

  mutating func superDecoder() throws -> any Decoder { try next() }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }
}

private struct SingleReading: SingleValueDecodingContainer {
  let decoder: TreeDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.isNull }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.make(type) }
}
