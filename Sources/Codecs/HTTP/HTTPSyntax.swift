// SPDX-License-Identifier: Apache-2.0

extension UInt8 {
  /// Whether the byte may stand in a token (RFC 9110 §5.6.2).
  var isHTTPToken: Bool {
    if isASCIIDigit || isASCIILetter { return true }
    return switch self {
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
      UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
      UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// Whether the byte may stand in a field value (RFC 9110 §5.5).
  var isHTTPFieldContent: Bool {
    self == ASCII.tab || (self >= ASCII.space && self != ASCII.delete)
  }

  /// Whether the byte is optional whitespace (RFC 9110 §5.6.3).
  var isHTTPWhitespace: Bool { self == ASCII.space || self == ASCII.tab }
}

extension ArraySlice<UInt8> {
  var trimmingHTTPWhitespace: ArraySlice<UInt8> {
    var slice = self
    while let first = slice.first, first.isHTTPWhitespace { slice.removeFirst() }
    while let last = slice.last, last.isHTTPWhitespace { slice.removeLast() }
    return slice
  }

  func equalsIgnoringCase(_ text: String) -> Bool {
    guard count == text.utf8.count else { return false }
    var index = startIndex
    for byte in text.utf8 {
      guard self[index].lowercasedASCII == byte.lowercasedASCII else { return false }
      index += 1
    }
    return true
  }
}
