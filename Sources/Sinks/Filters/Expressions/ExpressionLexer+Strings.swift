// SPDX-License-Identifier: Apache-2.0

extension ExpressionLexer {
  /// A string behind letters, of which only `r` is offered.
  mutating func prefixedText(from start: Int) throws(FilterViolation) -> ExpressionToken {
    let prefix = spelling(from: start)
    if prefix == "r" || prefix == "R" {
      let text = try text(from: start, isRaw: true)
      return token(.text(text), from: start)
    }
    let isBytes = ["b", "br", "rb"].contains(prefix.lowercased())
    throw violation(
      isBytes ? .unsupported : .syntax,
      from: start,
      isBytes ? "bytes are not offered" : "a string follows a name without an operator",
      remedy: isBytes ? "write a string without b" : "put an operator between them"
    )
  }

  /// A string from its opening quote, which is the current scalar, to its closing one.
  mutating func text(from start: Int, isRaw: Bool) throws(FilterViolation) -> String {
    let quote = scalars[position]
    let isLong = peek(1) == quote && peek(2) == quote
    let length = isLong ? 3 : 1
    position += length
    var text = String.UnicodeScalarView()
    while let scalar = current {
      if scalar == quote, !isLong || (peek(1) == quote && peek(2) == quote) {
        position += length
        return String(text)
      }
      if !isLong, scalar == "\n" || scalar == "\r" { break }
      if scalar == "\\", !isRaw {
        text.append(try escape())
      } else {
        text.append(scalar)
        position += 1
      }
    }
    throw violation(from: start, "the string is not closed", remedy: "end it with \(quote)")
  }

  /// What the escape at the current backslash stands for.
  private mutating func escape() throws(FilterViolation) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let letter = current else {
      throw violation(
        from: start,
        "the escape is not finished",
        remedy: "write \\\\ for a backslash"
      )
    }
    position += 1
    switch letter {
    case "\\", "?", "\"", "'", "`": return letter
    case "a": return "\u{7}"
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{B}"
    case "x", "X": return try codePoint(from: start, digits: 2, radix: 16)
    case "u": return try codePoint(from: start, digits: 4, radix: 16)
    case "U": return try codePoint(from: start, digits: 8, radix: 16)
    case "0", "1", "2", "3":
      position -= 1
      return try codePoint(from: start, digits: 3, radix: 8)
    default:
      throw violation(from: start, "there is no such escape", remedy: "write \\\\ for a backslash")
    }
  }

  private mutating func codePoint(
    from start: Int,
    digits: Int,
    radix: UInt32
  ) throws(FilterViolation) -> Unicode.Scalar {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = current?.hexValue, digit < radix else {
        throw violation(
          from: start,
          "the escape needs \(digits) digits",
          remedy: "fill it up with zeros on the left"
        )
      }
      value = value * radix + digit
      position += 1
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw violation(
        from: start,
        "the escape names no Unicode scalar",
        remedy: "write \\U and eight digits, not half of a surrogate pair"
      )
    }
    return scalar
  }
}
