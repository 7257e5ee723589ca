// SPDX-License-Identifier: Apache-2.0

/// Words and fillings of letters.
enum Text {
  /// A letter for each byte, and about one blank in thirteen.
  private static let letters: [UInt8] = (0..<256).map { byte in
    byte < 236 ? UInt8(97 + byte % 26) : 32
  }

  /// Exactly `length` letters and blanks, eight for each word of a generator that starts at `start`.
  static func exactly(_ length: Int, from start: UInt64) -> String {
    let letters = letters
    return String(unsafeUninitializedCapacity: length) { bytes in
      var state = start
      var index = 0
      while index < length {
        state &+= Draw.step
        var word = Draw.mix(state)
        let end = min(index + 8, length)
        while index < end {
          unsafe bytes[index] = letters[Int(word & 255)]
          word >>= 8
          index += 1
        }
      }
      return length
    }
  }
}

extension Draw {
  /// A text of 3 to `longest` − 1 letters, out of one field.
  func text(_ longest: Int, _ field: UInt64) -> String {
    let start = word(field)
    let spread = start.multipliedFullWidth(by: UInt64(longest - 3)).high
    return Text.exactly(3 + Int(spread), from: start)
  }

  /// What fills an event of `size` bytes up to about `average`, a fifth more or less.
  func filling(_ size: Int, to average: Int, _ field: UInt64) -> String {
    let missing = average - size
    if missing < 0 { return "" }
    let delta = (missing * 2 + 5) / 10
    let length = missing - delta + (delta == 0 ? 0 : below(2 * delta, field))
    return Text.exactly(length, from: word(field + 1))
  }

  /// An amount of money: from 100 to 100,000,000, small ones as likely as great ones.
  func price(_ field: UInt64) -> Int64 {
    let part = Double(word(field) >> 11) * 0x1p-53
    return Int64((power(10, 6 * part) * 100).rounded())
  }
}
