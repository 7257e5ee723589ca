// SPDX-License-Identifier: Apache-2.0

/// Writes JSON text on a single line, setting commas by itself.
///
/// The caller keeps the order that JSON demands: a name before each value of an object, an end for
/// each begin.
public struct JSONWriter: Sendable {
  /// What has been written so far.
  public private(set) var bytes: [UInt8]

  private var needsComma = false

  /// Creates a writer that goes on after `bytes`; none by default.
  public init(appendingTo bytes: [UInt8] = []) { self.bytes = bytes }

  /// Makes room for `count` more bytes.
  public mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

  /// Begins an object.
  public mutating func beginObject() { begin(ASCII.leftBrace) }

  /// Ends the innermost object.
  public mutating func endObject() { end(ASCII.rightBrace) }

  /// Begins an array.
  public mutating func beginArray() { begin(ASCII.leftBracket) }

  /// Ends the innermost array.
  public mutating func endArray() { end(ASCII.rightBracket) }

  /// Writes the name of the member whose value comes next.
  public mutating func name(_ name: String) {
    separate()
    JSONString.encode(name, into: &bytes)
    bytes.append(ASCII.colon)
    needsComma = false
  }

  /// Writes a string.
  public mutating func value(_ string: String) {
    separate()
    JSONString.encode(string, into: &bytes)
  }

  /// Writes an integer.
  public mutating func value(_ number: Int) {
    value(Int64(number))
  }

  /// Writes an integer.
  public mutating func value(_ number: Int64) {
    separate()
    if number < 0 { bytes.append(ASCII.minus) }
    bytes.append(decimal: number.magnitude)
  }

  /// Writes an integer.
  public mutating func value(_ number: UInt64) {
    separate()
    bytes.append(decimal: number)
  }

  /// Writes a number: the shortest text that reads back as the same double, without `.0` when it is
  /// an integer up to 2⁵³; `null` for infinities and NaN, which JSON cannot express.
  public mutating func value(_ number: Double) {
    guard number.isFinite else { return null() }
    let isMinusZero = number == 0 && number.sign == .minus
    if number.magnitude <= 0x1p53, Double(Int64(number)) == number, !isMinusZero {
      return value(Int64(number))
    }
    separate()
    bytes.append(contentsOf: number.description.utf8)
  }

  /// Writes `true` or `false`.
  public mutating func value(_ bool: Bool) {
    separate()
    bytes.append(contentsOf: (bool ? "true" : "false").utf8)
  }

  /// Writes `null`.
  public mutating func null() {
    separate()
    bytes.append(contentsOf: "null".utf8)
  }

  /// Writes a value that is JSON text already; it goes out as it is.
  public mutating func raw(_ text: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: text)
  }

  /// Ends the line, so that another JSON text may follow.
  public mutating func endLine() {
    bytes.append(ASCII.lineFeed)
    needsComma = false
  }

  /// `string` as JSON text, quotes included.
  public static func quoted(_ string: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(string.utf8.count + 2)
    JSONString.encode(string, into: &bytes)
    return bytes
  }

  private mutating func separate() {
    if needsComma { bytes.append(ASCII.comma) }
    needsComma = true
  }

  private mutating func begin(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func end(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }
}
