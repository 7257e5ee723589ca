// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no message in the Protocol Buffers wire format.
public enum ProtobufViolation: Error, Hashable, Sendable, CustomStringConvertible {
  /// A value ends behind the message.
  case truncated
  /// A number has more than 64 bits.
  case overlongNumber
  /// A field has the number 0, or one above 2²⁹ − 1.
  case badField
  /// A value has a layout that proto3 does not have.
  case badWireType(UInt8)
  /// There are more fields than allowed.
  case tooManyFields(limit: Int)

  /// What is wrong, for the person who wrote the client.
  public var description: String {
    switch self {
    case .truncated: "the message ends in the middle of a value"
    case .overlongNumber: "a number has more than 64 bits"
    case .badField: "a field's number is not between 1 and 536870911"
    case .badWireType(let type): "wire type \(type) is not known"
    case .tooManyFields(let limit): "the message has more than \(limit) fields"
    }
  }
}

/// A message in the Protocol Buffers wire format, its fields in the order of their coming.
///
/// What a field is, number, text or message, the bytes do not say: ask for what it should be.
public struct ProtobufMessage: Sendable {
  enum Value: Sendable {
    case number(UInt64)
    /// A place in the storage.
    case delimited(Range<Int>)
  }

  /// The most fields of one message.
  public static let maximumFields = 10_000

  private let storage: [UInt8]
  private let range: Range<Int>
  private var fields: [(number: Int, value: Value)] = []

  /// Reads a message that is all of the bytes.
  ///
  /// Inner messages are looked at when they are asked for.
  /// - Throws: ``ProtobufViolation``, the sender's fault.
  public init(_ bytes: [UInt8]) throws(ProtobufViolation) {
    try self.init(bytes, in: 0..<bytes.count)
  }

  private init(_ storage: [UInt8], in range: Range<Int>) throws(ProtobufViolation) {
    (self.storage, self.range) = (storage, range)
    var reader = ProtobufReader(storage, in: range)
    while !reader.isAtEnd {
      guard fields.count < Self.maximumFields else {
        throw .tooManyFields(limit: Self.maximumFields)
      }
      let key = try reader.varint()
      guard (1...0x1FFF_FFFF).contains(key >> 3) else { throw .badField }
      let type = UInt8(key & 7)
      guard let known = ProtobufWireType(rawValue: type) else { throw .badWireType(type) }
      fields.append((Int(key >> 3), try reader.value(known)))
    }
  }

  /// How many bytes it takes.
  public var byteCount: Int { range.count }

  /// The numbers of the fields that are there, in their order.
  public var fieldNumbers: [Int] { fields.map(\.number) }

  /// A number, `nil` where there is none; the last one holds (proto3, "Last one wins").
  public func number(_ field: Int) -> UInt64? {
    for known in fields.reversed() where known.number == field {
      if case .number(let value) = known.value { return value }
    }
    return nil
  }

  /// The bytes of a field, `nil` where there is none; the last one holds.
  public func data(_ field: Int) -> ArraySlice<UInt8>? {
    place(of: field).map { storage[$0] }
  }

  /// A text; `nil` where there is none or it is not UTF-8.
  public func text(_ field: Int) -> String? {
    data(field).flatMap { Self.text($0) }
  }

  /// All texts of a field, in their order; those that are not UTF-8 are `nil`.
  public func texts(_ field: Int) -> [String?] {
    places(of: field).map { Self.text(storage[$0]) }
  }

  /// A message inside this one, `nil` where there is none; the last one holds.
  ///
  /// - Throws: ``ProtobufViolation``, the sender's fault.
  public func message(_ field: Int) throws(ProtobufViolation) -> ProtobufMessage? {
    guard let place = place(of: field) else { return nil }
    return try ProtobufMessage(storage, in: place)
  }

  /// All messages of a field, in their order; the entries of a map are messages too.
  ///
  /// - Throws: ``ProtobufViolation``, the sender's fault.
  public func messages(_ field: Int) throws(ProtobufViolation) -> [ProtobufMessage] {
    var messages: [ProtobufMessage] = []
    for place in places(of: field) { messages.append(try ProtobufMessage(storage, in: place)) }
    return messages
  }

  private func place(of field: Int) -> Range<Int>? { places(of: field).last }

  private func places(of field: Int) -> [Range<Int>] {
    fields.compactMap { known in
      if known.number == field, case .delimited(let place) = known.value { place } else { nil }
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    String(validating: bytes, as: UTF8.self)
  }
}

/// Reads values one after the other.
struct ProtobufReader {
  private let storage: [UInt8]
  private let end: Int
  private(set) var position: Int

  init(_ storage: [UInt8], in range: Range<Int>) {
    (self.storage, position, end) = (storage, range.lowerBound, range.upperBound)
  }

  var isAtEnd: Bool { position == end }

  mutating func varint() throws(ProtobufViolation) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard position < end else { throw .truncated }
      let byte = storage[position]
      position += 1
      // The tenth byte has room for one bit.
      guard shift < 63 || byte <= 1 else { throw .overlongNumber }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  mutating func value(_ type: ProtobufWireType) throws(ProtobufViolation) -> ProtobufMessage.Value {
    switch type {
    case .varint: return .number(try varint())
    case .fixed64: return .number(try fixed(8))
    case .fixed32: return .number(try fixed(4))
    case .delimited: return .delimited(try delimited())
    }
  }

  /// A length, and so many bytes.
  mutating func delimited() throws(ProtobufViolation) -> Range<Int> {
    let count = try varint()
    guard count <= UInt64(end - position) else { throw .truncated }
    defer { position += Int(count) }
    return position..<position + Int(count)
  }

  private mutating func fixed(_ count: Int) throws(ProtobufViolation) -> UInt64 {
    guard count <= end - position else { throw .truncated }
    defer { position += count }
    return (0..<count).reduce(0) { $0 | UInt64(storage[position + $1]) << UInt64(8 * $1) }
  }
}

/// Takes messages apart that follow each other, each behind its length.
public enum ProtobufStream {
  /// The messages in some bytes.
  ///
  /// - Throws: ``ProtobufViolation``, the sender's fault: a length goes beyond the bytes.
  public static func split(
    _ bytes: [UInt8]
  ) throws(ProtobufViolation) -> [ArraySlice<UInt8>] {
    var reader = ProtobufReader(bytes, in: 0..<bytes.count)
    var parts: [ArraySlice<UInt8>] = []
    while !reader.isAtEnd {
      guard parts.count < ProtobufMessage.maximumFields else {
        throw .tooManyFields(limit: ProtobufMessage.maximumFields)
      }
      parts.append(bytes[try reader.delimited()])
    }
    return parts
  }
}
