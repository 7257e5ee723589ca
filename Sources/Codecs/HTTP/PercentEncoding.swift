// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding of URL parts (RFC 3986 §2.1).
public enum PercentEncoding {
  /// `string` with every byte but the unreserved ones encoded, safe as a segment or query value.
  public static func encode(_ string: String) -> String {
    encode(string, where: { !isUnreserved($0) })
  }

  static func encode(_ string: String, where mustEncode: (UInt8) -> Bool) -> String {
    guard string.utf8.contains(where: mustEncode) else { return string }
    var encoded: [UInt8] = []
    for byte in string.utf8 {
      if mustEncode(byte) {
        encoded.append(ASCII.percent)
        encoded.append(ASCII.hexDigits[Int(byte >> 4)])
        encoded.append(ASCII.hexDigits[Int(byte & 15)])
      } else {
        encoded.append(byte)
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  /// The decoded string, or `nil` when an escape is broken or the result is not UTF-8.
  ///
  /// - Parameters:
  ///   - text: The encoded text.
  ///   - plusIsSpace: Whether `+` stands for a space, as in the queries of HTML forms. Default false.
  /// - Returns: The decoded string, or `nil`.
  public static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    let isPlain = { (byte: UInt8) in byte != ASCII.percent && !(plusIsSpace && byte == ASCII.plus) }
    if text.utf8.allSatisfy(isPlain) { return String(text) }
    var decoded: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      switch byte {
      case ASCII.percent:
        guard let high = bytes.next()?.hexValue, let low = bytes.next()?.hexValue else {
          return nil
        }
        decoded.append(high << 4 | low)
      case ASCII.plus where plusIsSpace: decoded.append(ASCII.space)
      default: decoded.append(byte)
      }
    }
    return String(validating: decoded, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    byte.isASCIIDigit || byte.isASCIILetter || byte == ASCII.minus || byte == ASCII.dot
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "~")
  }
}
