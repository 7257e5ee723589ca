// SPDX-License-Identifier: Apache-2.0

/// Steps over JSON text; all but the first two functions trust that it has been validated.
enum JSONScan {
  /// The first index from `start` on that is not whitespace.
  @inline(__always) static func skipWhitespace(_ text: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < text.count, isWhitespace(text[index]) { index &+= 1 }
    return index
  }

  /// The first index from `start` on that holds a quote, a backslash or a control character.
  ///
  /// Tests eight bytes at a time: a byte below `n` borrows into its top bit when `n` is subtracted.
  @inline(__always) static func skipPlainCharacters(_ text: Span<UInt8>, from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    var index = start
    while index &+ 8 <= text.count {
      let word = text.word(at: index)
      let quotes = word ^ (ones &* 0x22)
      let backslashes = word ^ (ones &* 0x5C)
      let control = (word &- ones &* 0x20) & ~word
      let special =
        (control | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)) & tops
      if special != 0 { return index &+ special.trailingZeroBitCount >> 3 }
      index &+= 8
    }
    while index < text.count, isPlain(text[index]) { index &+= 1 }
    return index
  }

  /// The index after the string whose opening quote is at `start`.
  static func skipString(_ text: Span<UInt8>, from start: Int) -> Int {
    var index = start &+ 1
    while true {
      index = skipPlainCharacters(text, from: index)
      if text[index] == ASCII.quote { return index &+ 1 }
      index &+= 2
    }
  }

  /// The index after the value that begins at `start`.
  static func skipValue(_ text: Span<UInt8>, from start: Int) -> Int {
    switch text[start] {
    case ASCII.quote: skipString(text, from: start)
    case ASCII.leftBrace, ASCII.leftBracket: skipContainer(text, from: start)
    default: skipScalar(text, from: start)
    }
  }

  /// The index after a container.
  ///
  /// - Parameters:
  ///   - text: Validated text.
  ///   - start: Its opening bracket, or any place between its items.
  ///   - depth: How many of the brackets before `start` are open: 0 at its own, 1 inside it.
  /// - Returns: The index.
  static func skipContainer(_ text: Span<UInt8>, from start: Int, depth: Int = 0) -> Int {
    var depth = depth
    var index = start
    while true {
      switch text[index] {
      case ASCII.quote:
        index = skipString(text, from: index)
        continue
      case ASCII.leftBrace, ASCII.leftBracket: depth &+= 1
      case ASCII.rightBrace, ASCII.rightBracket: depth &-= 1
      default: break
      }
      index &+= 1
      if depth == 0 { return index }
    }
  }

  private static func skipScalar(_ text: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < text.count {
      let byte = text[index]
      if byte == ASCII.comma || byte | 0x20 == ASCII.rightBrace || isWhitespace(byte) { break }
      index &+= 1
    }
    return index
  }

  /// The next member's name, without quotes, and value, or `nil` at the object's end.
  ///
  /// `position` begins after the brace and moves behind each value.
  @inline(__always) static func nextMember(
    _ text: Span<UInt8>,
    at position: inout Int
  ) -> (name: Range<Int>, value: Range<Int>)? {
    guard let start = nextItem(text, at: position, closing: ASCII.rightBrace) else { return nil }
    let nameEnd = skipString(text, from: start)
    let colon = skipWhitespace(text, from: nameEnd)
    let valueStart = skipWhitespace(text, from: colon &+ 1)
    position = skipValue(text, from: valueStart)
    return (start &+ 1..<nameEnd &- 1, valueStart..<position)
  }

  /// The next element of an array, or `nil` at its end; `position` as in ``nextMember(_:at:)``.
  @inline(__always) static func nextElement(
    _ text: Span<UInt8>,
    at position: inout Int
  ) -> Range<Int>? {
    guard let start = nextItem(text, at: position, closing: ASCII.rightBracket) else { return nil }
    position = skipValue(text, from: start)
    return start..<position
  }

  /// The name of the next member, without quotes, or `nil` at the object's end; `position` moves to
  /// the beginning of its value, or to the closing brace.
  @inline(__always) static func nextName(
    _ text: Span<UInt8>,
    at position: inout Int
  ) -> Range<Int>? {
    guard let start = nextItem(text, at: position, closing: ASCII.rightBrace) else { return nil }
    let end = skipString(text, from: start)
    let colon = skipWhitespace(text, from: end)
    position = skipWhitespace(text, from: colon &+ 1)
    return start &+ 1..<end &- 1
  }

  /// Where the next item of a container begins, or `nil` at its end; `position` is after its opening
  /// bracket or behind an item.
  @inline(__always) static func nextItem(
    _ text: Span<UInt8>,
    at position: Int,
    closing: UInt8
  ) -> Int? {
    var index = skipWhitespace(text, from: position)
    if text[index] == ASCII.comma { index = skipWhitespace(text, from: index &+ 1) }
    return text[index] == closing ? nil : index
  }

  @inline(__always) static func isWhitespace(_ byte: UInt8) -> Bool {
    byte == ASCII.space || byte == ASCII.lineFeed || byte == ASCII.carriageReturn
      || byte == ASCII.tab
  }

  @inline(__always) private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != ASCII.quote && byte != ASCII.backslash
  }
}
