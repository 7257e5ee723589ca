// SPDX-License-Identifier: Apache-2.0

/// Strings between their quotes: unescaping validated text, escaping ours.
enum JSONString {
  static func hasEscape(_ text: Span<UInt8>, in range: Range<Int>) -> Bool {
    for index in range where text[index] == ASCII.backslash { return true }
    return false
  }

  /// The string whose validated text, without quotes, is `range` of `storage`.
  static func decode(_ storage: [UInt8], in range: Range<Int>) -> String {
    let text = storage.span
    guard hasEscape(text, in: range) else {
      return String(decoding: storage[range], as: UTF8.self)
    }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(range.count)
    append(text, in: range, to: &decoded)
    return String(decoding: decoded, as: UTF8.self)
  }

  /// Appends what the validated text in `range`, without quotes, stands for.
  static func append(_ text: Span<UInt8>, in range: Range<Int>, to decoded: inout [UInt8]) {
    var index = range.lowerBound
    while index < range.upperBound {
      if text[index] == ASCII.backslash {
        index = decodeEscape(text, at: index, into: &decoded)
      } else {
        decoded.append(text[index])
        index &+= 1
      }
    }
  }

  /// Appends what the escape at `index` stands for; returns the index after it.
  private static func decodeEscape(
    _ text: Span<UInt8>,
    at index: Int,
    into decoded: inout [UInt8]
  ) -> Int {
    switch text[index + 1] {
    case UInt8(ascii: "u"):
      return decodeScalar(text, at: index, into: &decoded)
    case UInt8(ascii: "b"): decoded.append(0x08)
    case UInt8(ascii: "f"): decoded.append(0x0C)
    case UInt8(ascii: "n"): decoded.append(ASCII.lineFeed)
    case UInt8(ascii: "r"): decoded.append(ASCII.carriageReturn)
    case UInt8(ascii: "t"): decoded.append(ASCII.tab)
    case let itself: decoded.append(itself)
    }
    return index + 2
  }

  private static func decodeScalar(
    _ text: Span<UInt8>,
    at index: Int,
    into decoded: inout [UInt8]
  ) -> Int {
    var value = hexUnit(text, at: index + 2)
    var next = index + 6
    if value & 0xFC00 == 0xD800 {
      value = 0x10000 + (value & 0x3FF) << 10 + hexUnit(text, at: index + 8) & 0x3FF
      next += 6
    }
    guard let scalar = Unicode.Scalar(value) else {
      preconditionFailure("validated text holds whole surrogate pairs")
    }
    // Byte by byte: the collection of a scalar's bytes would be copied by way of the heap.
    for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { decoded.append(byte) }
    return next
  }

  private static func hexUnit(_ text: Span<UInt8>, at index: Int) -> UInt32 {
    var unit: UInt32 = 0
    for offset in 0..<4 { unit = unit << 4 | UInt32(text[index + offset].hexValue ?? 0) }
    return unit
  }

  /// Appends `string` in quotes, escaping what RFC 8259 §7 demands and no more.
  static func encode(_ string: String, into bytes: inout [UInt8]) {
    bytes.append(ASCII.quote)
    let text = string.utf8.span
    if JSONScan.skipPlainCharacters(text, from: 0) == text.count {
      bytes.append(contentsOf: text)
    } else {
      encodeEscaping(text, into: &bytes)
    }
    bytes.append(ASCII.quote)
  }

  private static func encodeEscaping(_ text: Span<UInt8>, into bytes: inout [UInt8]) {
    for index in text.indices {
      switch text[index] {
      case 0..<0x20, ASCII.quote, ASCII.backslash: encodeEscape(text[index], into: &bytes)
      case let plain: bytes.append(plain)
      }
    }
  }

  private static func encodeEscape(_ byte: UInt8, into bytes: inout [UInt8]) {
    bytes.append(ASCII.backslash)
    switch byte {
    case ASCII.lineFeed: bytes.append(UInt8(ascii: "n"))
    case ASCII.carriageReturn: bytes.append(UInt8(ascii: "r"))
    case ASCII.tab: bytes.append(UInt8(ascii: "t"))
    case 0..<0x20:
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(ASCII.hexDigits[Int(byte >> 4)])
      bytes.append(ASCII.hexDigits[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }
}
