// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
  /// Appends `number` in decimal digits, with leading zeros up to `width`, at most 20.
  mutating func append(decimal number: some BinaryInteger, width: Int = 1) {
    precondition(number >= 0, "a sign is the caller's")
    append(digitsOf: UInt64(number), width: width)
  }

  /// Appends `number` in decimal digits.
  public mutating func append(decimal number: UInt64) {
    append(digitsOf: number, width: 1)
  }

  /// Collects the digits beside the array, so that this grows once.
  private mutating func append(digitsOf number: UInt64, width: Int) {
    var digits = InlineArray<20, UInt8>(repeating: ASCII.zero)
    var first = 20
    var rest = number
    while rest > 0 {
      first &-= 1
      digits[first] = ASCII.zero &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    first = Swift.min(first, 20 - width)
    unsafe digits.span.withUnsafeBufferPointer { digits in
      unsafe append(contentsOf: UnsafeBufferPointer(rebasing: digits[first...]))
    }
  }
}

extension UInt64 {
  /// How many decimal digits it has.
  public var digitCount: Int {
    var count = 1
    var bound: UInt64 = 10
    while self >= bound {
      count += 1
      if count == 20 { break }
      bound &*= 10
    }
    return count
  }
}
