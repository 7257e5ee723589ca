// SPDX-License-Identifier: Apache-2.0

/// Writes down the state of operators, as bytes that a later version can still read.
///
/// Whole numbers take as few bytes as they need. Each stage stands in a section of its own, with its
/// name and version.
public struct StateEncoder: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []
  /// The most bytes that may be written.
  public let limit: Int
  /// What is written entry by entry; `nil` where all is written as one.
  var tables: TableWriter?

  /// Makes an empty encoder.
  ///
  /// - Parameter limit: The most bytes, without the tables that are written entry by entry. Default:
  ///   256 MiB.
  public init(limit: Int = 256 << 20) {
    self.limit = limit
  }

  /// Writes a number of 1 to 10 bytes: seven bits in each, the lowest first.
  public mutating func write(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Writes a number with a sign: small ones, also below zero, take few bytes.
  public mutating func write(_ number: Int64) {
    write(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
  }

  /// Writes eight bytes, the lowest first.
  public mutating func writeFixed(_ number: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  /// Writes bytes as they are.
  mutating func write(raw other: [UInt8]) { bytes += other }

  /// Writes the number of bytes, then the bytes.
  public mutating func write(bytes other: some Collection<UInt8>) {
    write(UInt64(other.count))
    bytes += other
  }

  /// Writes a value of any type that can be stored.
  ///
  /// - Throws: ``StateError`` if its type is neither ``StateCodable`` nor `Codable`, if it refuses,
  ///   or if there is no room.
  public mutating func encode<Value>(_ value: Value) throws(StateError) {
    if let type = Value.self as? any StateCodable.Type {
      try encode(value, as: type)
    } else if let value = value as? any Encodable {
      try encode(encodable: value)
    } else {
      throw .notEncodable(type: "\(Value.self)")
    }
    if bytes.count > limit { throw .tooLarge(limit: limit) }
  }

  /// Checks that values of a type can be written, of which there may be none yet.
  ///
  /// - Throws: ``StateError`` if the type is neither ``StateCodable`` nor `Codable`.
  public static func check<Value>(_ type: Value.Type) throws(StateError) {
    if StateForm(of: type) == .none { throw .notEncodable(type: "\(Value.self)") }
  }

  /// Opens the type, so that an optional is not taken for what it holds.
  private mutating func encode<Coded: StateCodable>(
    _ value: Any,
    as type: Coded.Type
  ) throws(StateError) {
    guard let value = value as? Coded else { throw .notEncodable(type: "\(type)") }
    try value.encode(into: &self)
  }

  /// Writes the state of a stage: its name and version, then what `body` writes.
  ///
  /// - Parameters:
  ///   - name: The stage's name, as it is called on a flow.
  ///   - version: The version of what `body` writes, counted from 1.
  ///   - body: Writes the state.
  /// - Throws: What `body` throws.
  public mutating func section(
    _ name: String,
    version: Int = 1,
    _ body: (inout StateEncoder) throws(StateError) -> Void
  ) throws(StateError) {
    write(bytes: name.utf8)
    write(UInt64(version))
    var inner = StateEncoder(limit: limit - bytes.count)
    swap(&inner.tables, &tables)
    do throws(StateError) {
      try body(&inner)
    } catch .tooLarge(let limit, nil) {
      throw .tooLarge(limit: limit, stage: name)
    }
    swap(&inner.tables, &tables)
    write(bytes: inner.bytes)
    if bytes.count > limit { throw .tooLarge(limit: limit, stage: name) }
  }
}
