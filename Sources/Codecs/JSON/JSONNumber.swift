// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Numbers in validated JSON text, read without allocating.
enum JSONNumber {
  /// The nearest double to the number that `range` holds; an infinity beyond the range.
  static func double(_ text: Span<UInt8>, in range: Range<Int>) -> Double {
    if let exact = exactDouble(text, in: range) { return exact }
    // On the stack up to 1 KiB. The process keeps the locale "C", whose decimal point is JSON's.
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: range.count + 1) { copy in
      for offset in 0..<range.count {
        unsafe copy.initializeElement(
          at: offset,
          to: CChar(bitPattern: text[range.lowerBound + offset])
        )
      }
      unsafe copy.initializeElement(at: range.count, to: 0)
      guard let first = copy.baseAddress else { return 0 }
      return unsafe strtod(first, nil)
    }
  }

  /// The number when one division or multiplication of exact doubles rounds it correctly.
  ///
  /// That is so for up to 15 digits and a power of ten up to 22 (Clinger, 1990).
  static func exactDouble(_ text: Span<UInt8>, in range: Range<Int>) -> Double? {
    var mantissa = 0
    var digitCount = 0
    var power = 0
    var isFraction = false
    let isNegative = text[range.lowerBound] == ASCII.minus
    var index = isNegative ? range.lowerBound &+ 1 : range.lowerBound
    while index < range.upperBound {
      let byte = text[index]
      if byte == ASCII.dot {
        isFraction = true
      } else if byte.isASCIIDigit {
        guard digitCount < 15 else { return nil }
        mantissa = mantissa &* 10 &+ Int(byte &- ASCII.zero)
        digitCount &+= 1
        if isFraction { power &-= 1 }
      } else {
        guard let exponent = exponent(text, in: index &+ 1..<range.upperBound) else { return nil }
        power &+= exponent
        break
      }
      index &+= 1
    }
    guard power.magnitude <= 22 else { return nil }
    let scale = powersOfTen[Int(power.magnitude)]
    let magnitude = power < 0 ? Double(mantissa) / scale : Double(mantissa) * scale
    return isNegative ? -magnitude : magnitude
  }

  private static func exponent(_ text: Span<UInt8>, in range: Range<Int>) -> Int? {
    let start = text[range.lowerBound] == ASCII.plus ? range.lowerBound + 1 : range.lowerBound
    guard range.upperBound - start <= 4 else { return nil }
    return Int(asciiDigits: text, in: start..<range.upperBound)
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    1e18, 1e19, 1e20, 1e21, 1e22,
  ]
}
