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

  /// Whether the byte may stand in a host name, an IP literal or a port (RFC 3986 §3.2.2).
  fileprivate var isHost: Bool {
    if isASCIIDigit || isASCIILetter { return true }
    return switch self {
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
      UInt8(ascii: "%"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
      UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
      true
    default: false
    }
  }
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

extension Substring.UTF8View {
  /// Whether the text is a host, a name or an IP literal in brackets, with an optional port.
  var isHTTPHost: Bool {
    var rest = self
    if rest.first == ASCII.leftBracket {
      guard let close = rest.firstIndex(of: ASCII.rightBracket) else { return false }
      let literal = rest[rest.index(after: rest.startIndex)..<close]
      guard !literal.isEmpty, literal.allSatisfy({ $0.isHost || $0 == ASCII.colon }) else {
        return false
      }
      rest = rest[rest.index(after: close)...]
    } else {
      rest = rest.drop(while: \.isHost)
    }
    guard let colon = rest.first else { return true }
    return colon == ASCII.colon && rest.dropFirst().allSatisfy(\.isASCIIDigit)
  }
}
