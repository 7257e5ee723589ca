// SPDX-License-Identifier: Apache-2.0

extension ExpressionLexer {
  mutating func number(from start: Int) throws(FilterViolation) -> ExpressionToken {
    if current == "0", let x = peek(1), x == "x" || x == "X" {
      position += 2
      let first = position
      while current?.hexValue != nil { position += 1 }
      return try whole(from: start, digits: first, radix: 16)
    }
    skipDigits()
    var isDouble = false
    if current == ".", peek(1)?.isDigit ?? false {
      isDouble = true
      position += 1
      skipDigits()
    }
    if current == "e" || current == "E" {
      let sign = peek(1) == "+" || peek(1) == "-" ? 1 : 0
      if peek(1 + sign)?.isDigit ?? false {
        isDouble = true
        position += 1 + sign
        skipDigits()
      }
    }
    guard isDouble else { return try whole(from: start, digits: start, radix: 10) }
    try refuseSuffix(from: start)
    guard let value = Double(spelling(from: start)), value.isFinite else {
      position = max(position, start + 1)
      throw violation(from: start, "the number is beyond a double", remedy: "write a smaller one")
    }
    return token(.double(value), from: start)
  }

  private mutating func whole(
    from start: Int,
    digits: Int,
    radix: Int
  ) throws(FilterViolation) -> ExpressionToken {
    let text = spelling(from: digits)
    if let suffix = current, suffix == "u" || suffix == "U" {
      position += 1
      throw violation(
        .unsupported,
        from: start,
        "unsigned integers are not offered",
        remedy: "write it without u"
      )
    }
    try refuseSuffix(from: start)
    guard !text.isEmpty else {
      throw violation(from: start, "digits are missing", remedy: "write them after 0x")
    }
    guard let value = UInt64(text, radix: radix), value <= UInt64(Int64.max) + 1 else {
      throw violation(
        from: start,
        "the number is beyond 64 bits",
        remedy: "write it as a double, such as 1e20"
      )
    }
    return token(.int(value), from: start)
  }

  /// A number that goes on as a name was meant as something else.
  private mutating func refuseSuffix(from start: Int) throws(FilterViolation) {
    guard current?.isIdentifierPart ?? false else { return }
    while current?.isIdentifierPart ?? false { position += 1 }
    throw violation(
      from: start,
      "neither a number nor a name",
      remedy: "put a text into quotes, or a space after the number"
    )
  }

  private mutating func skipDigits() {
    while current?.isDigit ?? false { position += 1 }
  }
}
