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

  /// Whether these bytes are those of `text`, `A` to `Z` being the same as `a` to `z`.
  public func equalsIgnoringCase(_ text: String) -> Bool {
    count == text.utf8.count && span.equalsIgnoringCase(text, from: 0, to: count)
  }
}

extension Span<UInt8> {
  /// Whether all bytes may stand in a token (RFC 9110 §5.6.2).
  var isHTTPToken: Bool {
    for index in indices where !self[index].isHTTPToken { return false }
    return true
  }

  /// Whether what stands between two places begins with `text`, whatever the case of its letters.
  func equalsIgnoringCase(_ text: String, from start: Int, to end: Int) -> Bool {
    let other = text.utf8.span
    guard other.count <= end - start else { return false }
    for index in other.indices
    where self[start &+ index].lowercasedASCII != other[index].lowercasedASCII {
      return false
    }
    return true
  }
}
