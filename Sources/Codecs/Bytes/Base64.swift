// SPDX-License-Identifier: Apache-2.0

/// Base 64 with padding (RFC 4648 §4).
public enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
  )

  /// `bytes` as text.
  public static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for digit in 0..<4 {
        text.append(digit <= group.count ? alphabet[bits >> (18 - 6 * digit) & 63] : 0x3D)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether `text` is what ``encode(_:)`` makes of some `byteCount` bytes.
  static func isEncoding(_ text: String, ofByteCount byteCount: Int) -> Bool {
    let digits = (byteCount * 8 + 5) / 6
    let text = Array(text.utf8)
    return text.count == (byteCount + 2) / 3 * 4
      && text.prefix(digits).allSatisfy(alphabet.contains)
      && text.dropFirst(digits).allSatisfy { $0 == 0x3D }
  }
}
