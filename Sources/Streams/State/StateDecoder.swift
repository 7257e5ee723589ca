// SPDX-License-Identifier: Apache-2.0

/// Reads back what a ``StateEncoder`` has written.
///
/// Bytes that are damaged end in an error, never in a trap or in more memory than they have.
public struct StateDecoder: Sendable {
  private let bytes: [UInt8]
  private let end: Int
  /// Tables whose entries stand elsewhere.
  let tables: StateTables?
  /// The byte that is read next, counted from the start of all.
  public private(set) var index: Int

  /// Makes a decoder of all bytes.
  public init(_ bytes: [UInt8]) {
    self.init(bytes, tables: nil)
  }

  /// Makes a decoder of all bytes, and of tables that were written entry by entry.
  init(_ bytes: [UInt8], tables: StateTables?) {
    self.init(bytes, 0..<bytes.count, tables)
  }

  /// Makes a decoder of the bytes from `start` on.
  init(_ bytes: [UInt8], from start: Int) {
    self.init(bytes, start..<bytes.count, nil)
  }

  private init(_ bytes: [UInt8], _ range: Range<Int>, _ tables: StateTables?) {
    self.bytes = bytes
    self.tables = tables
    index = range.lowerBound
    end = range.upperBound
  }

  /// The number of bytes that are left.
  public var remaining: Int { end - index }

  /// Reads a number of 1 to 10 bytes.
  public mutating func readUInt64() throws(StateError) -> UInt64 {
    let start = index
    var number: UInt64 = 0
    var shift: UInt64 = 0
    while index < end {
      let byte = bytes[index]
      index += 1
      guard shift < 63 || byte <= 1 else { break }
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    throw .malformed(at: start, expected: "a number")
  }

  /// Reads a number with a sign.
  public mutating func readInt64() throws(StateError) -> Int64 {
    let number = try readUInt64()
    return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
  }

  /// Reads eight bytes, the lowest first.
  public mutating func readFixed() throws(StateError) -> UInt64 {
    guard remaining >= 8 else { throw .malformed(at: index, expected: "eight bytes") }
    defer { index += 8 }
    return (0..<8).reduce(0) { $0 | UInt64(bytes[index + $1]) << UInt64(8 * $1) }
  }

  /// Reads a number of things that follow, each at least a byte.
  public mutating func readCount() throws(StateError) -> Int {
    let start = index
    guard let count = Int(exactly: try readUInt64()), count <= remaining else {
      throw .malformed(at: start, expected: "a count of what is there")
    }
    return count
  }

  /// How much to reserve for things that are said to follow: no more than a damaged count may cost.
  func capacity(for count: Int) -> Int { min(count, 4_096) }

  /// Reads a number of bytes, then the bytes.
  public mutating func readBytes() throws(StateError) -> ArraySlice<UInt8> {
    let count = try readCount()
    defer { index += count }
    return bytes[index..<index + count]
  }

  /// Reads a value of any type that can be stored.
  ///
  /// - Throws: ``StateError`` if the bytes are not such a value.
  public mutating func decode<Value>(_ type: Value.Type) throws(StateError) -> Value {
    let value: Any
    if let type = type as? any StateCodable.Type {
      value = try type.init(from: &self)
    } else if let type = type as? any Decodable.Type {
      value = try decode(decodable: type)
    } else {
      throw .notEncodable(type: "\(type)")
    }
    guard let value = value as? Value else {
      throw .malformed(at: index, expected: "\(type)")
    }
    return value
  }

  /// Reads the state of a stage.
  ///
  /// - Parameters:
  ///   - name: The stage's name.
  ///   - version: The newest version that `body` can read.
  ///   - body: Reads the state; is given the version in which it was written. It reads all of it.
  /// - Throws: ``StateError`` if the section is another stage's, newer, or damaged.
  public mutating func section(
    _ name: String,
    version: Int = 1,
    _ body: (inout StateDecoder, Int) throws(StateError) -> Void
  ) throws(StateError) {
    let found = try String(from: &self)
    guard found == name else { throw .otherStage(expected: name, found: found) }
    let written = Int(clamping: try readUInt64())
    guard written <= version else { throw .newerVersion(stage: name, version: written) }
    let count = try readCount()
    var inner = StateDecoder(bytes, index..<index + count, tables)
    index += count
    try body(&inner, written)
    guard inner.remaining == 0 else {
      throw .malformed(at: inner.index, expected: "the end of '\(name)'")
    }
  }
}
