// SPDX-License-Identifier: Apache-2.0

/// A text as a key by its bytes: two spellings of one letter in Unicode are two keys, as they are two
/// strings of CEL and of JSON.
struct TextKey: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: TextKey, right: TextKey) -> Bool {
    left.text.utf8.span.isEqual(to: right.text.utf8.span)
  }

  func hash(into hasher: inout Hasher) {
    let bytes = text.utf8.span
    var index = 0
    while index &+ 8 <= bytes.count {
      hasher.combine(bytes.word(at: index))
      index &+= 8
    }
    var rest = UInt64(bytes.count)
    while index < bytes.count {
      rest = rest << 8 | UInt64(bytes[index])
      index &+= 1
    }
    hasher.combine(rest)
  }
}

extension Span<UInt8> {
  /// The eight bytes from `offset` on as one little-endian word.
  @inline(__always) func word(at offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset <= count &- 8, "the word lies within the span")
    let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
    return UInt64(littleEndian: word)
  }

  @inline(__always) func isEqual(to other: Span<UInt8>) -> Bool {
    count == other.count && matches(other, at: 0)
  }

  @inline(__always) func hasPrefix(_ prefix: Span<UInt8>) -> Bool {
    prefix.count <= count && matches(prefix, at: 0)
  }

  @inline(__always) func hasSuffix(_ suffix: Span<UInt8>) -> Bool {
    suffix.count <= count && matches(suffix, at: count &- suffix.count)
  }

  /// Whether the bytes from `start` on are those of `other`, for which there is room.
  @inline(__always) private func matches(_ other: Span<UInt8>, at start: Int) -> Bool {
    var index = 0
    while index &+ 8 <= other.count {
      if word(at: start &+ index) != other.word(at: index) { return false }
      index &+= 8
    }
    while index < other.count {
      if self[start &+ index] != other[index] { return false }
      index &+= 1
    }
    return true
  }

  /// Below 0, 0 or above 0, as the bytes come before, are or come after the others: the order of
  /// Unicode scalars in UTF-8.
  func order(to other: Span<UInt8>) -> Int {
    for index in 0..<Swift.min(count, other.count) where self[index] != other[index] {
      return self[index] < other[index] ? -1 : 1
    }
    return count - other.count
  }

  /// How many Unicode scalars the UTF-8 holds.
  var scalarCount: Int {
    var scalars = 0
    for index in indices where self[index] & 0xC0 != 0x80 { scalars &+= 1 }
    return scalars
  }
}

/// A text to look for in others, prepared so that a search passes over each byte once, whatever the
/// texts are (Knuth, Morris and Pratt, 1977).
struct FilterNeedle: Sendable {
  let bytes: [UInt8]
  /// For each length of a match that breaks off, the length of the longest shorter one.
  private let shorter: [Int]

  init(_ text: String) {
    bytes = Array(text.utf8)
    var shorter = [Int](repeating: 0, count: bytes.count)
    var length = 0
    for index in bytes.indices.dropFirst() {
      while length > 0, bytes[index] != bytes[length] { length = shorter[length - 1] }
      if bytes[index] == bytes[length] { length += 1 }
      shorter[index] = length
    }
    self.shorter = shorter
  }

  func isIn(_ text: Span<UInt8>) -> Bool {
    if bytes.isEmpty { return true }
    let needle = bytes.span
    var length = 0
    for index in text.indices {
      let byte = text[index]
      while length > 0, byte != needle[length] { length = shorter[length &- 1] }
      if byte == needle[length] {
        length &+= 1
        if length == needle.count { return true }
      }
    }
    return false
  }
}

/// A decimal number as it is written, compared digit by digit, so exactly, however long it is.
struct DecimalText: Sendable {
  private let isNegative: Bool
  /// Without leading zeros.
  private let whole: Range<Int>
  /// Without trailing zeros.
  private let fraction: Range<Int>

  /// Reads a sign, digits and a fraction; `nil` for anything else, exponents included.
  init?(_ text: Span<UInt8>) {
    var index = 0
    var isNegative = false
    if let first = text.indices.first,
      text[first] == UInt8(ascii: "-") || text[first] == UInt8(ascii: "+")
    {
      isNegative = text[first] == UInt8(ascii: "-")
      index = 1
    }
    let wholeEnd = Self.skipDigits(text, from: index)
    guard wholeEnd > index else { return nil }
    while index < wholeEnd, text[index] == UInt8(ascii: "0") { index &+= 1 }
    whole = index..<wholeEnd
    guard wholeEnd < text.count else {
      fraction = wholeEnd..<wholeEnd
      self.isNegative = isNegative && !whole.isEmpty
      return
    }
    guard text[wholeEnd] == UInt8(ascii: ".") else { return nil }
    var end = Self.skipDigits(text, from: wholeEnd &+ 1)
    guard end == text.count, end > wholeEnd &+ 1 else { return nil }
    while end > wholeEnd &+ 1, text[end &- 1] == UInt8(ascii: "0") { end &-= 1 }
    fraction = wholeEnd &+ 1..<end
    self.isNegative = isNegative && !(whole.isEmpty && fraction.isEmpty)
  }

  private static func skipDigits(_ text: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < text.count, text[index] &- UInt8(ascii: "0") < 10 { index &+= 1 }
    return index
  }

  /// Below 0, 0 or above 0, as the number is less than, equal to or greater than the other.
  ///
  /// - Parameters:
  ///   - text: What this was read from.
  ///   - other: The other number.
  ///   - otherText: What it was read from.
  /// - Returns: The order.
  func order(_ text: Span<UInt8>, to other: DecimalText, _ otherText: Span<UInt8>) -> Int {
    if isNegative != other.isNegative { return isNegative ? -1 : 1 }
    var order = whole.count - other.whole.count
    if order == 0 {
      order = text.extracting(whole).order(to: otherText.extracting(other.whole))
    }
    if order == 0 {
      order = text.extracting(fraction).order(to: otherText.extracting(other.fraction))
    }
    return isNegative ? -order : order
  }
}
