// SPDX-License-Identifier: Apache-2.0

/// Writes the fields of a message in the Protocol Buffers wire format (proto3, "Encoding").
///
/// Fields with their default value, zero, false or empty, are left out as proto3 does.
public struct ProtobufWriter: Sendable {
  /// What has been written so far.
  public private(set) var bytes: [UInt8] = []

  /// Creates a writer that has written nothing.
  public init() {}

  /// Makes room for `count` more bytes.
  public mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

  /// Writes an unsigned number: `uint32`, `uint64`, or a `bool` as 0 or 1.
  public mutating func number(_ field: Int, _ value: UInt64) {
    guard value != 0 else { return }
    key(field, .varint)
    varint(value)
  }

  /// Writes a signed number as `int32` and `int64` are: in two's complement of 64 bits.
  public mutating func number(_ field: Int, _ value: Int64) {
    number(field, UInt64(bitPattern: value))
  }

  /// Writes a `string`.
  public mutating func text(_ field: Int, _ value: String) {
    guard !value.isEmpty else { return }
    key(field, .delimited)
    varint(UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  /// Writes `bytes`.
  public mutating func data(_ field: Int, _ value: some Collection<UInt8>) {
    guard !value.isEmpty else { return }
    key(field, .delimited)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// Writes a message inside this one, also when it is empty: that it is there says something.
  public mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    key(field, .delimited)
    let start = bytes.count
    body(&self)
    insertLength(before: start)
  }

  /// Ends a message that began at `start` by writing its length before it, so that messages may
  /// follow each other in one stream.
  public mutating func insertLength(before start: Int) {
    var length: [UInt8] = []
    Self.append(varint: UInt64(bytes.count - start), to: &length)
    bytes.insert(contentsOf: length, at: start)
  }

  private mutating func key(_ field: Int, _ type: ProtobufWireType) {
    varint(UInt64(field) << 3 | UInt64(type.rawValue))
  }

  private mutating func varint(_ value: UInt64) { Self.append(varint: value, to: &bytes) }

  /// Appends a number in base 128, the lowest seven bits first.
  static func append(varint value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}

/// How the value behind a key is laid out.
enum ProtobufWireType: UInt8 {
  case varint = 0
  case fixed64 = 1
  case delimited = 2
  case fixed32 = 5
}
