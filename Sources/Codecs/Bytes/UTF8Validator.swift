// SPDX-License-Identifier: Apache-2.0

/// Checks UTF-8 that arrives in pieces, refusing overlong forms, surrogates and what lies beyond
/// U+10FFFF (RFC 3629 §4).
struct UTF8Validator {
  /// How many continuation bytes the scalar under way still needs.
  private var missing = 0
  /// The range the next continuation byte must lie in; only the first after a lead is narrower.
  private var lower: UInt8 = 0x80
  private var upper: UInt8 = 0xBF

  /// Whether everything received so far ends with a whole scalar.
  var isAtBoundary: Bool { missing == 0 }

  /// Takes the next bytes of `range`.
  ///
  /// - Returns: The index of the first byte that cannot be part of UTF-8, or `nil` when there is none.
  mutating func receive(_ bytes: Span<UInt8>, in range: Range<Int>) -> Int? {
    var index = range.lowerBound
    while index < range.upperBound {
      if missing == 0 {
        index = Self.skipASCII(bytes, from: index, to: range.upperBound)
        guard index < range.upperBound else { return nil }
        guard begin(bytes[index]) else { return index }
      } else {
        let byte = bytes[index]
        guard byte >= lower, byte <= upper else { return index }
        (lower, upper) = (0x80, 0xBF)
        missing &-= 1
      }
      index &+= 1
    }
    return nil
  }

  /// Starts a scalar of two to four bytes; false when `lead` cannot start one.
  private mutating func begin(_ lead: UInt8) -> Bool {
    switch lead {
    case 0xC2...0xDF: missing = 1
    case 0xE0: (missing, lower) = (2, 0xA0)
    case 0xED: (missing, upper) = (2, 0x9F)
    case 0xE1...0xEF: missing = 2
    case 0xF0: (missing, lower) = (3, 0x90)
    case 0xF1...0xF3: missing = 3
    case 0xF4: (missing, upper) = (3, 0x8F)
    default: return false
    }
    return true
  }

  @inline(__always)
  private static func skipASCII(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
    var index = start
    while index &+ 8 <= end, bytes.word(at: index) & 0x8080_8080_8080_8080 == 0 { index &+= 8 }
    while index < end, bytes[index] < 0x80 { index &+= 1 }
    return index
  }

  /// The index of the first byte of `range` that is not UTF-8; `range.upperBound` for a scalar cut
  /// short; `nil` when all is well.
  static func firstFault(_ bytes: Span<UInt8>, in range: Range<Int>) -> Int? {
    var validator = UTF8Validator()
    if let fault = validator.receive(bytes, in: range) { return fault }
    return validator.isAtBoundary ? nil : range.upperBound
  }
}
