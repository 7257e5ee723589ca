// SPDX-License-Identifier: Apache-2.0

/// A value at a place in validated JSON text: scalars read, the rest by where it stands.
///
/// Reading it allocates nothing.
public enum JSONToken: Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number written without fraction and exponent that fits.
  case int(Int64)
  /// Any other number: the nearest double, an infinity beyond the range.
  case double(Double)
  /// A string: its text between the quotes, and whether that holds escapes.
  case string(Range<Int>, isEscaped: Bool)
  /// An array, from its bracket on.
  case array(Int)
  /// An object, from its brace on.
  case object(Int)

  /// Reads the value that begins at `start`.
  ///
  /// - Parameters:
  ///   - text: Text that ``JSONView/parse(_:limits:)`` accepted or ``JSONWriter`` wrote.
  ///   - start: Where the value begins, as ``JSONPaths`` finds it.
  public init(validated text: Span<UInt8>, at start: Int) {
    switch text[start] {
    case ASCII.quote:
      var end = JSONScan.skipPlainCharacters(text, from: start &+ 1)
      let isEscaped = text[end] == ASCII.backslash
      if isEscaped { end = JSONScan.skipString(text, from: start) &- 1 }
      self = .string(start &+ 1..<end, isEscaped: isEscaped)
    case ASCII.leftBrace: self = .object(start)
    case ASCII.leftBracket: self = .array(start)
    case UInt8(ascii: "t"): self = .bool(true)
    case UInt8(ascii: "f"): self = .bool(false)
    case UInt8(ascii: "n"): self = .null
    default: self = Self.number(text, at: start)
    }
  }

  private static func number(_ text: Span<UInt8>, at start: Int) -> JSONToken {
    let isNegative = text[start] == ASCII.minus
    var index = isNegative ? start &+ 1 : start
    let first = index
    var value: Int64 = 0
    while index < text.count, text[index].isASCIIDigit {
      value = value &* 10 &+ Int64(text[index] &- ASCII.zero)
      index &+= 1
    }
    let isWhole = index == text.count || !isNumberByte(text[index])
    if isWhole, index &- first <= 18 { return .int(isNegative ? -value : value) }
    while index < text.count, isNumberByte(text[index]) { index &+= 1 }
    if isWhole, let exact = Int64(asciiDigits: text, in: start..<index) { return .int(exact) }
    return .double(JSONNumber.double(text, in: start..<index))
  }

  @inline(__always) private static func isNumberByte(_ byte: UInt8) -> Bool {
    byte.isASCIIDigit || byte == ASCII.dot || byte | 0x20 == UInt8(ascii: "e")
      || byte == ASCII.plus || byte == ASCII.minus
  }

  /// Appends the text that a string with escapes stands for.
  ///
  /// - Parameters:
  ///   - text: Validated text.
  ///   - range: A string's text between its quotes.
  ///   - decoded: What it is appended to.
  public static func unescape(
    _ text: Span<UInt8>,
    in range: Range<Int>,
    to decoded: inout [UInt8]
  ) {
    JSONString.append(text, in: range, to: &decoded)
  }

  /// The index after the value that begins at `start`.
  ///
  /// - Parameters:
  ///   - text: Validated text.
  ///   - start: Where the value begins.
  /// - Returns: The index.
  public static func end(of text: Span<UInt8>, at start: Int) -> Int {
    JSONScan.skipValue(text, from: start)
  }

  /// How many elements or members the container that begins at `start` has; names that occur twice
  /// count twice.
  public static func count(in text: Span<UInt8>, at start: Int) -> Int {
    let isObject = text[start] == ASCII.leftBrace
    var count = 0
    var position = start &+ 1
    while isObject
      ? JSONScan.nextMember(text, at: &position) != nil
      : JSONScan.nextElement(text, at: &position) != nil
    { count &+= 1 }
    return count
  }

  /// Where the next element of an array begins, or `nil` at its end.
  ///
  /// - Parameters:
  ///   - text: Validated text.
  ///   - position: After the array's bracket at first; moves behind the element.
  /// - Returns: The beginning.
  public static func nextElement(in text: Span<UInt8>, at position: inout Int) -> Int? {
    JSONScan.nextElement(text, at: &position)?.lowerBound
  }

  /// The text of the next member's name between its quotes, or `nil` at the object's end.
  ///
  /// - Parameters:
  ///   - text: Validated text.
  ///   - position: After the object's brace at first; moves behind the member.
  /// - Returns: The name, escapes and all.
  public static func nextName(in text: Span<UInt8>, at position: inout Int) -> Range<Int>? {
    JSONScan.nextMember(text, at: &position)?.name
  }
}

extension JSONToken {
  /// The whole number that text spells in digits, after a minus perhaps; `nil` for anything else and
  /// for what does not fit.
  public static func whole(_ text: Span<UInt8>) -> Int64? {
    Int64(asciiDigits: text, in: 0..<text.count)
  }

  /// The nearest double to the number that text spells as JSON does, leading zeros allowed; `nil` for
  /// anything else.
  public static func number(_ text: Span<UInt8>) -> Double? {
    var index = !text.isEmpty && text[0] == ASCII.minus ? 1 : 0
    guard skipDigits(text, &index) else { return nil }
    if index < text.count, text[index] == ASCII.dot {
      index += 1
      guard skipDigits(text, &index) else { return nil }
    }
    if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < text.count, text[index] == ASCII.plus || text[index] == ASCII.minus { index += 1 }
      guard skipDigits(text, &index) else { return nil }
    }
    return index == text.count ? JSONNumber.double(text, in: 0..<index) : nil
  }

  /// Passes over digits; `false` when there is none.
  private static func skipDigits(_ text: Span<UInt8>, _ index: inout Int) -> Bool {
    let start = index
    while index < text.count, text[index].isASCIIDigit { index += 1 }
    return index > start
  }
}

extension JSONView {
  /// The value as a token, whose places count in the bytes that the view shares.
  public var token: JSONToken { JSONToken(validated: storage.span, at: start) }
}
