// SPDX-License-Identifier: Apache-2.0

/// The chunked transfer coding, the sender's side (RFC 9112 §7.1).
public enum HTTPChunk {
  /// Appends `bytes` as one chunk; nothing when they are empty, since that would end the body.
  public static func encode(_ bytes: some Collection<UInt8>, into output: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    output.append(contentsOf: String(bytes.count, radix: 16).utf8)
    output.append(contentsOf: "\r\n".utf8)
    output.append(contentsOf: bytes)
    output.append(contentsOf: "\r\n".utf8)
  }

  /// Appends the end of the body.
  public static func encodeEnd(trailers: HTTPFields = .init(), into output: inout [UInt8]) {
    output.append(contentsOf: "0\r\n".utf8)
    trailers.encode(into: &output)
    output.append(contentsOf: "\r\n".utf8)
  }
}

extension HTTPChunk {
  /// Whether `text` is `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`
  /// (RFC 9112 §7.1.1); what it says counts for nothing.
  static func areExtensions(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    while !rest.isEmpty {
      guard take(ASCII.semicolon, from: &rest), takeToken(from: &rest) else { return false }
      // Whitespace stands before an element, not at the end.
      var value = rest
      guard take(UInt8(ascii: "="), from: &value) else { continue }
      guard takeToken(from: &value) || takeQuotedString(from: &value) else { return false }
      rest = value
    }
    return true
  }

  /// Takes a byte and whitespace on both sides.
  private static func take(_ byte: UInt8, from rest: inout ArraySlice<UInt8>) -> Bool {
    let trimmed = rest.drop(while: \.isHTTPWhitespace)
    guard trimmed.first == byte else { return false }
    rest = trimmed.dropFirst().drop(while: \.isHTTPWhitespace)
    return true
  }

  private static func takeToken(from rest: inout ArraySlice<UInt8>) -> Bool {
    let token = rest.prefix(while: \.isHTTPToken)
    rest = rest[token.endIndex...]
    return !token.isEmpty
  }

  /// Takes a quoted string (RFC 9110 §5.6.4).
  private static func takeQuotedString(from rest: inout ArraySlice<UInt8>) -> Bool {
    guard rest.popFirst() == ASCII.quote else { return false }
    while let byte = rest.popFirst(), byte.isHTTPFieldContent {
      if byte == ASCII.quote { return true }
      guard byte == ASCII.backslash else { continue }
      guard rest.popFirst()?.isHTTPFieldContent == true else { return false }
    }
    return false
  }
}
