// SPDX-License-Identifier: Apache-2.0

/// A value that writes itself into a checkpoint and reads itself back.
///
/// Writes at least one byte. A value that is only `Codable` need not conform: it is stored too,
/// with the names of its fields, which takes more room.
public protocol StateCodable {
  /// How values are stored. Default: by themselves; a container says what its contents are.
  static var storedForm: StateForm { get }

  /// Writes the value.
  ///
  /// - Throws: ``StateError`` if a part of it can't be stored.
  func encode(into encoder: inout StateEncoder) throws(StateError)

  /// Reads what ``encode(into:)`` has written.
  ///
  /// - Throws: ``StateError`` if the bytes are not such a value.
  init(from decoder: inout StateDecoder) throws(StateError)
}

/// How values of a type are stored in a checkpoint.
public enum StateForm: Int, Comparable, Sendable {
  /// Not at all.
  case none
  /// By `Codable`: with the names of fields; equal values may be written differently.
  case coded
  /// By ``StateCodable``: equal values are written the same.
  case own

  /// The form of a type.
  public init<Value>(of type: Value.Type) {
    if let type = type as? any StateCodable.Type {
      self = type.storedForm
    } else {
      self = type is any Encodable.Type ? .coded : .none
    }
  }

  /// Whether the first is less sure.
  public static func < (left: StateForm, right: StateForm) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension StateCodable {
  /// By themselves.
  public static var storedForm: StateForm { .own }
}

extension StateCodable where Self: FixedWidthInteger & UnsignedInteger {
  /// Writes it in as few bytes as it needs.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(self))
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let (index, number) = (decoder.index, try decoder.readUInt64())
    guard let value = Self(exactly: number) else {
      throw .malformed(at: index, expected: "\(Self.self)")
    }
    self = value
  }
}

extension StateCodable where Self: FixedWidthInteger & SignedInteger {
  /// Writes it in as few bytes as it needs.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(Int64(self))
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let (index, number) = (decoder.index, try decoder.readInt64())
    guard let value = Self(exactly: number) else {
      throw .malformed(at: index, expected: "\(Self.self)")
    }
    self = value
  }
}

extension Int: StateCodable {}
extension Int8: StateCodable {}
extension Int16: StateCodable {}
extension Int32: StateCodable {}
extension Int64: StateCodable {}
extension UInt: StateCodable {}
extension UInt8: StateCodable {}
extension UInt16: StateCodable {}
extension UInt32: StateCodable {}
extension UInt64: StateCodable {}

extension Bool: StateCodable {
  /// Writes one byte.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(self ? 1 : 0))
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let index = decoder.index
    switch try decoder.readUInt64() {
    case 0: self = false
    case 1: self = true
    default: throw .malformed(at: index, expected: "Bool")
    }
  }
}

extension Double: StateCodable {
  /// Writes its eight bytes.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.writeFixed(bitPattern)
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    self.init(bitPattern: try decoder.readFixed())
  }
}

extension Float: StateCodable {
  /// Writes its bits.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(UInt64(bitPattern))
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    self.init(bitPattern: try UInt32(from: &decoder))
  }
}

extension String: StateCodable {
  /// Writes its UTF-8.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(bytes: utf8)
  }

  /// Reads it; bytes that are not UTF-8 are refused.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let index = decoder.index
    guard let text = String(validating: try decoder.readBytes(), as: UTF8.self) else {
      throw .malformed(at: index, expected: "UTF-8")
    }
    self = text
  }
}

extension Character: StateCodable {
  /// Writes it as a string.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try String(self).encode(into: &encoder)
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    let index = decoder.index
    let text = try String(from: &decoder)
    guard let first = text.first, text.count == 1 else {
      throw .malformed(at: index, expected: "one character")
    }
    self = first
  }
}

extension Timestamp: StateCodable {
  /// Writes its milliseconds.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    encoder.write(milliseconds)
  }

  /// Reads it.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    self.init(milliseconds: try decoder.readInt64())
  }
}
