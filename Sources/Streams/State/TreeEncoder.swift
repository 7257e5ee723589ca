// SPDX-License-Identifier: Apache-2.0

extension CodedTree {
  /// What a value says of itself.
  init(encoding value: any Encodable, at path: [any CodingKey]) throws {
    let encoder = TreeEncoder(codingPath: path)
    try value.encode(to: encoder)
    self = encoder.storage.tree
  }
}

/// Where an encoder and its containers gather what they are told.
private final class TreeStorage {
  enum Content {
    case empty
    case scalar(CodedTree)
    case list([TreeStorage])
    case fields([String: TreeStorage])
  }

  var content = Content.empty

  var tree: CodedTree {
    switch content {
    case .empty: .fields([:])
    case .scalar(let value): value
    case .list(let values): .list(values.map(\.tree))
    case .fields(let values): .fields(values.mapValues(\.tree))
    }
  }

  func field(_ key: any CodingKey) -> TreeStorage {
    let field = TreeStorage()
    if case .fields(var fields) = content {
      fields[key.stringValue] = field
      content = .fields(fields)
    }
    return field
  }

  func append() -> TreeStorage {
    let element = TreeStorage()
    if case .list(var list) = content {
      list.append(element)
      content = .list(list)
    }
    return element
  }
}

/// Gathers a `Codable` value as a tree.
private struct TreeEncoder: Encoder {
  let storage: TreeStorage
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(storage: TreeStorage = TreeStorage(), codingPath: [any CodingKey]) {
    self.storage = storage
    self.codingPath = codingPath
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .fields = storage.content {} else { storage.content = .fields([:]) }
    return KeyedEncodingContainer(KeyedTree<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .list = storage.content {} else { storage.content = .list([]) }
    return UnkeyedTree(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleTree(encoder: self) }

  func inside(_ storage: TreeStorage, _ key: any CodingKey) -> TreeEncoder {
    TreeEncoder(storage: storage, codingPath: codingPath + [key])
  }

  /// Takes a value in: numbers, text and truth as they are, all else by what it says of itself.
  func take(_ value: some Encodable) throws {
    guard codingPath.count < CodedTree.depthLimit else { throw tooDeep(value) }
    switch value {
    case let value as Bool: storage.content = .scalar(.bool(value))
    case let value as String: storage.content = .scalar(.string(value))
    case let value as Double: storage.content = .scalar(.double(value))
    case let value as Float: storage.content = .scalar(.double(Double(value)))
    case let value as any (FixedWidthInteger & SignedInteger):
      guard let number = Int64(exactly: value) else { throw outOfRange(value) }
      storage.content = .scalar(.signed(number))
    case let value as any (FixedWidthInteger & UnsignedInteger):
      guard let number = UInt64(exactly: value) else { throw outOfRange(value) }
      storage.content = .scalar(.unsigned(number))
    default: try value.encode(to: self)
    }
  }

  private func tooDeep(_ value: Any) -> EncodingError {
    .invalidValue(
      value,
      .init(codingPath: [], debugDescription: "more than \(CodedTree.depthLimit) levels")
    )
  }

  private func outOfRange(_ value: Any) -> EncodingError {
    .invalidValue(
      value,
      .init(codingPath: codingPath, debugDescription: "a number of more than 64 bits")
    )
  }
}

private struct KeyedTree<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: TreeEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  private func inside(_ key: any CodingKey) -> TreeEncoder {
    encoder.inside(encoder.storage.field(key), key)
  }

  func encodeNil(forKey key: Key) { encoder.storage.field(key).content = .scalar(.null) }
  func encode(_ value: some Encodable, forKey key: Key) throws { try inside(key).take(value) }
  func superEncoder() -> any Encoder { inside(TreeKey.super) }
  func superEncoder(forKey key: Key) -> any Encoder { inside(key) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type,
    forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    inside(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    inside(key).unkeyedContainer()
  }
}

private struct UnkeyedTree: UnkeyedEncodingContainer {
  let encoder: TreeEncoder
  private(set) var count = 0
  var codingPath: [any CodingKey] { encoder.codingPath }

  init(encoder: TreeEncoder) {
    self.encoder = encoder
  }

  private mutating func next() -> TreeEncoder {
    defer { count += 1 }
    return encoder.inside(encoder.storage.append(), TreeKey(count))
  }

  mutating func encodeNil() { next().storage.content = .scalar(.null) }
  mutating func encode(_ value: some Encodable) throws { try next().take(value) }
  mutating func superEncoder() -> any Encoder { next() }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> {
    next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    next().unkeyedContainer()
  }
}

private struct SingleTree: SingleValueEncodingContainer {
  let encoder: TreeEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil() { encoder.storage.content = .scalar(.null) }
  func encode(_ value: some Encodable) throws { try encoder.take(value) }
}
