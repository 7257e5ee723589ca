// SPDX-License-Identifier: Apache-2.0

/// Walks untrusted bytes once and accepts exactly the grammar of RFC 8259.
///
/// UTF-8 is checked beforehand, so that the walk may pass over bytes above 0x7F.
struct JSONValidator {
  private let maximumDepth: Int
  private var position = 0
  /// Whether whitespace was passed over between tokens.
  private var hasWhitespace = false

  private init(limits: JSONLimits) {
    maximumDepth = min(limits.maximumDepth, 512)
  }

  /// Accepts `text` as one value with optional whitespace around it; answers whether there is none
  /// between its tokens, nor around it.
  static func validate(_ text: Span<UInt8>, limits: JSONLimits) throws(JSONFault) -> Bool {
    if let offset = UTF8Validator.firstFault(text, in: 0..<text.count) {
      throw JSONFault(reason: .invalidUTF8, offset: offset)
    }
    var validator = JSONValidator(limits: limits)
    validator.skipWhitespace(text)
    try validator.value(text, depth: 0)
    validator.skipWhitespace(text)
    guard validator.position == text.count else { throw validator.fault(.trailingText) }
    return !validator.hasWhitespace
  }

  private func fault(_ reason: JSONViolation.Reason) -> JSONFault {
    JSONFault(reason: reason, offset: position)
  }

  /// The byte under the position; a NUL, which no rule accepts, at the end of the text.
  @inline(__always) private func current(_ text: Span<UInt8>) -> UInt8 {
    position < text.count ? text[position] : ASCII.null
  }

  @inline(__always) private mutating func skipWhitespace(_ text: Span<UInt8>) {
    let next = JSONScan.skipWhitespace(text, from: position)
    if next != position { hasWhitespace = true }
    position = next
  }

  private mutating func value(_ text: Span<UInt8>, depth: Int) throws(JSONFault) {
    switch current(text) {
    case ASCII.quote: try string(text)
    case ASCII.leftBrace: try object(text, depth: depth + 1)
    case ASCII.leftBracket: try array(text, depth: depth + 1)
    case ASCII.minus, ASCII.zero...ASCII.nine: try number(text)
    case UInt8(ascii: "t"): try literal("true", text)
    case UInt8(ascii: "f"): try literal("false", text)
    case UInt8(ascii: "n"): try literal("null", text)
    default: throw fault(.expectedValue)
    }
  }

  private mutating func object(_ text: Span<UInt8>, depth: Int) throws(JSONFault) {
    guard depth <= maximumDepth else { throw fault(.tooDeep) }
    position &+= 1
    skipWhitespace(text)
    if current(text) == ASCII.rightBrace { return position &+= 1 }
    guard current(text) == ASCII.quote else { throw fault(.expectedNameOrBrace) }
    while true {
      try string(text)
      skipWhitespace(text)
      guard current(text) == ASCII.colon else { throw fault(.expectedColon) }
      position &+= 1
      skipWhitespace(text)
      try value(text, depth: depth)
      skipWhitespace(text)
      if current(text) == ASCII.rightBrace { return position &+= 1 }
      guard current(text) == ASCII.comma else { throw fault(.expectedCommaOrBrace) }
      position &+= 1
      skipWhitespace(text)
      guard current(text) == ASCII.quote else { throw fault(.expectedName) }
    }
  }

  private mutating func array(_ text: Span<UInt8>, depth: Int) throws(JSONFault) {
    guard depth <= maximumDepth else { throw fault(.tooDeep) }
    position &+= 1
    skipWhitespace(text)
    if current(text) == ASCII.rightBracket { return position &+= 1 }
    while true {
      try value(text, depth: depth)
      skipWhitespace(text)
      if current(text) == ASCII.rightBracket { return position &+= 1 }
      guard current(text) == ASCII.comma else { throw fault(.expectedCommaOrBracket) }
      position &+= 1
      skipWhitespace(text)
    }
  }

  private mutating func literal(_ name: String, _ text: Span<UInt8>) throws(JSONFault) {
    guard position + name.utf8.count <= text.count,
      text.equals(name.utf8.span, in: position..<(position + name.utf8.count))
    else { throw fault(.expectedValue) }
    position += name.utf8.count
  }

  private mutating func number(_ text: Span<UInt8>) throws(JSONFault) {
    if current(text) == ASCII.minus { position &+= 1 }
    if current(text) == ASCII.zero {
      position &+= 1
      if current(text).isASCIIDigit { throw fault(.leadingZero) }
    } else {
      try digits(text)
    }
    if current(text) == ASCII.dot {
      position &+= 1
      try digits(text)
    }
    if current(text) | 0x20 == UInt8(ascii: "e") {
      position &+= 1
      if current(text) == ASCII.plus || current(text) == ASCII.minus { position &+= 1 }
      try digits(text)
    }
  }

  private mutating func digits(_ text: Span<UInt8>) throws(JSONFault) {
    guard current(text).isASCIIDigit else { throw fault(.expectedDigit) }
    repeat { position &+= 1 } while current(text).isASCIIDigit
  }

  private mutating func string(_ text: Span<UInt8>) throws(JSONFault) {
    position &+= 1
    while true {
      position = JSONScan.skipPlainCharacters(text, from: position)
      guard position < text.count else { throw fault(.unterminatedString) }
      switch text[position] {
      case ASCII.quote: return position &+= 1
      case ASCII.backslash: try escape(text)
      default: throw fault(.controlCharacter)
      }
    }
  }

  private mutating func escape(_ text: Span<UInt8>) throws(JSONFault) {
    let start = position
    position &+= 1
    switch current(text) {
    case UInt8(ascii: "u"):
      position &+= 1
      let unit = try hexUnit(text, escapeStart: start)
      if unit & 0xF800 == 0xD800 { try lowSurrogate(after: unit, text, escapeStart: start) }
    case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position &+= 1
    default:
      throw JSONFault(reason: .invalidEscape, offset: start)
    }
  }

  private mutating func lowSurrogate(
    after high: UInt16,
    _ text: Span<UInt8>,
    escapeStart start: Int
  ) throws(JSONFault) {
    let lone = JSONFault(reason: .loneSurrogate, offset: start)
    guard high < 0xDC00, current(text) == ASCII.backslash else { throw lone }
    position &+= 1
    guard current(text) == UInt8(ascii: "u") else { throw lone }
    position &+= 1
    guard try hexUnit(text, escapeStart: position - 2) & 0xFC00 == 0xDC00 else { throw lone }
  }

  private mutating func hexUnit(
    _ text: Span<UInt8>,
    escapeStart start: Int
  ) throws(JSONFault) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = current(text).hexValue else {
        throw JSONFault(reason: .invalidEscape, offset: start)
      }
      unit = unit << 4 | UInt16(digit)
      position &+= 1
    }
    return unit
  }
}
