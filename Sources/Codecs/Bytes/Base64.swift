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
    var start = 0
    while start < bytes.count {
      let count = min(3, bytes.count - start)
      var bits = 0
      for place in 0..<3 { bits = bits << 8 | (place < count ? Int(bytes[start + place]) : 0) }
      for digit in 0..<4 {
        text.append(digit <= count ? alphabet[bits >> (18 - 6 * digit) & 63] : 0x3D)
      }
      start += 3
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes that `text` stands for, or `nil` when ``encode(_:)`` makes no such text of any.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 4 == 0 else { return nil }
    let padding = digits.reversed().prefix { $0 == 0x3D }.count
    guard padding <= 2 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 4 * 3)
    for start in stride(from: 0, to: digits.count, by: 4) {
      var bits = 0
      for (place, digit) in digits[start..<start + 4].enumerated() {
        let isPadding = start + place >= digits.count - padding
        guard let value = isPadding ? 0 : alphabet.firstIndex(of: digit) else { return nil }
        bits = bits << 6 | value
      }
      for shift in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    }
    bytes.removeLast(padding)
    // Bits that stand for nothing must be zero (RFC 4648 §3.5).
    return encode(bytes).utf8.elementsEqual(digits) ? bytes : nil
  }

  /// Whether `text` is what ``encode(_:)`` makes of some `byteCount` bytes.
  static func isEncoding(_ text: ArraySlice<UInt8>, ofByteCount byteCount: Int) -> Bool {
    let digits = (byteCount * 8 + 5) / 6
    return text.count == (byteCount + 2) / 3 * 4
      && text.prefix(digits).allSatisfy(isDigit)
      && text.dropFirst(digits).allSatisfy { $0 == 0x3D }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
      true
    default: false
    }
  }
}
