// SPDX-License-Identifier: Apache-2.0

/// What a `Codable` value says of itself: scalars, lists and named fields.
indirect enum CodedTree: Sendable {
  case null
  case bool(Bool)
  case signed(Int64)
  case unsigned(UInt64)
  case double(Double)
  case string(String)
  case list([CodedTree])
  case fields([String: CodedTree])

  /// The levels of nesting that are read back; data that is deeper is damaged.
  static let depthLimit = 128
}

extension CodedTree: StateCodable {
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    switch self {
    case .null: encoder.write(UInt64(0))
    case .bool(let value): encoder.write(UInt64(value ? 2 : 1))
    case .signed(let value):
      encoder.write(UInt64(3))
      encoder.write(value)
    case .unsigned(let value):
      encoder.write(UInt64(4))
      encoder.write(value)
    case .double(let value):
      encoder.write(UInt64(5))
      encoder.writeFixed(value.bitPattern)
    case .string(let value):
      encoder.write(UInt64(6))
      encoder.write(bytes: value.utf8)
    case .list(let values):
      encoder.write(UInt64(7))
      encoder.write(UInt64(values.count))
      for value in values { try value.encode(into: &encoder) }
    case .fields(let values):
      encoder.write(UInt64(8))
      encoder.write(UInt64(values.count))
      for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        encoder.write(bytes: name.utf8)
        try value.encode(into: &encoder)
      }
    }
  }

  init(from decoder: inout StateDecoder) throws(StateError) {
    try self.init(from: &decoder, depth: 0)
  }

  private init(from decoder: inout StateDecoder, depth: Int) throws(StateError) {
    let index = decoder.index
    guard depth < Self.depthLimit else { throw .malformed(at: index, expected: "fewer levels") }
    switch try decoder.readUInt64() {
    case 0: self = .null
    case 1: self = .bool(false)
    case 2: self = .bool(true)
    case 3: self = .signed(try decoder.readInt64())
    case 4: self = .unsigned(try decoder.readUInt64())
    case 5: self = .double(Double(bitPattern: try decoder.readFixed()))
    case 6: self = .string(try String(from: &decoder))
    case 7:
      var values: [CodedTree] = []
      for _ in 0..<(try decoder.readCount()) {
        values.append(try CodedTree(from: &decoder, depth: depth + 1))
      }
      self = .list(values)
    case 8:
      var values: [String: CodedTree] = [:]
      for _ in 0..<(try decoder.readCount()) {
        let name = try String(from: &decoder)
        values[name] = try CodedTree(from: &decoder, depth: depth + 1)
      }
      self = .fields(values)
    default: throw .malformed(at: index, expected: "a coded value")
    }
  }
}

extension StateEncoder {
  /// Writes a value that is only `Encodable`.
  mutating func encode(encodable value: any Encodable) throws(StateError) {
    let tree: CodedTree
    do {
      tree = try CodedTree(encoding: value, at: [])
    } catch {
      throw .value(type: "\(type(of: value))", reason: String(describing: error))
    }
    try tree.encode(into: &self)
  }
}

extension StateDecoder {
  /// Reads a value that is only `Decodable`.
  mutating func decode<Value: Decodable>(
    decodable type: Value.Type
  ) throws(StateError) -> Value {
    let tree = try CodedTree(from: &self)
    do {
      return try Value(from: TreeDecoder(tree: tree, codingPath: []))
    } catch {
      throw .value(type: "\(type)", reason: String(describing: error))
    }
  }
}

/// A field of a list, or the one in which a class stores its superclass.
struct TreeKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ index: Int) {
    stringValue = "\(index)"
    intValue = index
  }

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    self.init(intValue)
  }

  static let `super` = TreeKey(stringValue: "super")
}
