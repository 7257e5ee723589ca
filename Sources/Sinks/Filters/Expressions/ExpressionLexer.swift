// SPDX-License-Identifier: Apache-2.0

/// Cuts an expression into the tokens of CEL's lexis.
struct ExpressionLexer {
  let scalars: [Unicode.Scalar]
  var position = 0

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  private static let signs = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ",", ".", "+",
    "-", "*", "/", "%", "?", ":",
  ]

  /// The next token; at the end it is the end's, as often as it is asked for.
  mutating func next() throws(FilterViolation) -> ExpressionToken {
    skipSpace()
    let start = position
    guard let first = current else { return token(.end, from: start) }
    if first.isIdentifierStart {
      while let scalar = current, scalar.isIdentifierPart { position += 1 }
      if let quote = current, quote == "\"" || quote == "'" {
        return try prefixedText(from: start)
      }
      return token(.name(spelling(from: start)), from: start)
    }
    if first.isDigit || (first == "." && (peek(1)?.isDigit ?? false)) {
      return try number(from: start)
    }
    if first == "\"" || first == "'" {
      let text = try text(from: start, isRaw: false)
      return token(.text(text), from: start)
    }
    for sign in Self.signs where starts(with: sign) {
      position += sign.unicodeScalars.count
      return token(.sign(sign), from: start)
    }
    position += 1
    throw violation(from: start, "no token begins like this", remedy: remedy(for: first))
  }

  private func remedy(for scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "=": "compare with =="
    case "&": "join with &&"
    case "|": "join with ||"
    case "`": "write a name of that kind as data[\"name\"]"
    default: "write it inside a string in quotes, or leave it out"
    }
  }

  var current: Unicode.Scalar? { peek(0) }

  func peek(_ distance: Int) -> Unicode.Scalar? {
    position + distance < scalars.count ? scalars[position + distance] : nil
  }

  private func starts(with text: String) -> Bool {
    scalars[position...].starts(with: text.unicodeScalars)
  }

  private mutating func skipSpace() {
    while let scalar = current {
      if scalar == "/", peek(1) == "/" {
        while let scalar = current, scalar != "\n", scalar != "\r" { position += 1 }
      } else if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
        || scalar == "\u{C}"
      {
        position += 1
      } else {
        return
      }
    }
  }

  func spelling(from start: Int) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[start..<position])
    return String(text)
  }

  func token(
    _ content: ExpressionToken.Content,
    from start: Int
  ) -> ExpressionToken {
    ExpressionToken(content: content, spelling: spelling(from: start), column: start + 1)
  }

  func violation(
    _ kind: FilterViolation.Kind = .syntax,
    from start: Int,
    _ problem: String,
    remedy: String
  ) -> FilterViolation {
    FilterViolation(kind, at: token(.end, from: start).place, problem, remedy: remedy)
  }
}

extension Unicode.Scalar {
  var isDigit: Bool { ("0"..."9").contains(self) }
  var isIdentifierStart: Bool {
    self == "_" || ("a"..."z").contains(self) || ("A"..."Z").contains(self)
  }
  var isIdentifierPart: Bool { isIdentifierStart || isDigit }
  var hexValue: UInt32? {
    switch self {
    case "0"..."9": value - 0x30
    case "a"..."f": value - 0x61 + 10
    case "A"..."F": value - 0x41 + 10
    default: nil
    }
  }
}
