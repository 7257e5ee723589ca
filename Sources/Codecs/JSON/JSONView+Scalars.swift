// SPDX-License-Identifier: Apache-2.0

extension JSONView {
  /// Whether the value is `null`.
  public var isNull: Bool { storage[start] == UInt8(ascii: "n") }

  /// The value of `true` or `false`, otherwise `nil`.
  public var bool: Bool? {
    switch storage[start] {
    case UInt8(ascii: "t"): true
    case UInt8(ascii: "f"): false
    default: nil
    }
  }

  /// The decoded string, or `nil` when the value is none.
  public var string: String? {
    guard storage[start] == ASCII.quote else { return nil }
    return JSONString.decode(storage, in: start + 1..<end - 1)
  }

  /// The number when it is written as an integer, without fraction or exponent, and fits.
  public var int: Int? { integer() }

  /// The number when it is written as an integer, without sign, fraction or exponent, and fits.
  public var uint64: UInt64? { integer() }

  private func integer<Number: FixedWidthInteger>() -> Number? {
    guard kind == .number else { return nil }
    return Number(asciiDigits: storage.span, in: start..<end)
  }

  /// The nearest double to a number, or `nil` when the value is none or lies beyond the range.
  public var double: Double? {
    guard kind == .number else { return nil }
    let value = JSONNumber.double(storage.span, in: start..<end)
    return value.isFinite ? value : nil
  }
}

extension FixedWidthInteger {
  /// Reads decimal digits, after a minus when the type has one; `nil` for anything else or overflow.
  init?(asciiDigits text: Span<UInt8>, in range: Range<Int>) {
    var index = range.lowerBound
    let isNegative = !range.isEmpty && Self.isSigned && text[index] == ASCII.minus
    if isNegative { index += 1 }
    guard index < range.upperBound else { return nil }
    var value: Self = 0
    while index < range.upperBound {
      let byte = text[index]
      guard byte.isASCIIDigit else { return nil }
      let digit = Self(truncatingIfNeeded: byte &- ASCII.zero)
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) =
        isNegative
        ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
      guard !overflow, !carry else { return nil }
      value = sum
      index += 1
    }
    self = value
  }
}
