// SPDX-License-Identifier: Apache-2.0

/// The bytes that the grammars of this room name.
enum ASCII {
  static let null: UInt8 = 0x00
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let quote: UInt8 = 0x22
  static let percent: UInt8 = 0x25
  static let plus: UInt8 = 0x2B
  static let comma: UInt8 = 0x2C
  static let minus: UInt8 = 0x2D
  static let dot: UInt8 = 0x2E
  static let slash: UInt8 = 0x2F
  static let zero: UInt8 = 0x30
  static let nine: UInt8 = 0x39
  static let colon: UInt8 = 0x3A
  static let semicolon: UInt8 = 0x3B
  static let leftBracket: UInt8 = 0x5B
  static let backslash: UInt8 = 0x5C
  static let rightBracket: UInt8 = 0x5D
  static let leftBrace: UInt8 = 0x7B
  static let rightBrace: UInt8 = 0x7D
  static let delete: UInt8 = 0x7F

  /// The digits of upper-case hexadecimal, as percent-encoding writes them.
  static let hexDigits = Array("0123456789ABCDEF".utf8)
}

extension UInt8 {
  /// Whether the byte is one of `0` to `9`.
  @inline(__always) var isASCIIDigit: Bool { self &- ASCII.zero < 10 }

  /// Whether the byte is one of `a` to `z` or `A` to `Z`.
  @inline(__always) var isASCIILetter: Bool { (self | 0x20) &- 0x61 < 26 }

  /// Whether the byte is printable ASCII other than space.
  @inline(__always) var isVisibleASCII: Bool { self &- 0x21 < 0x5E }

  /// The byte with `A` to `Z` turned to lower case.
  @inline(__always) var lowercasedASCII: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

  /// What the byte counts as a hexadecimal digit of either case, or `nil`.
  var hexValue: UInt8? {
    if isASCIIDigit { return self &- ASCII.zero }
    let letter = (self | 0x20) &- 0x61
    return letter < 6 ? letter + 10 : nil
  }
}

extension Span<UInt8> {
  /// The eight bytes from `offset` on as one little-endian word.
  ///
  /// Checked here, since the load itself is not; put together from eight checked bytes, it is no
  /// single load.
  @inline(__always) func word(at offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset <= count &- 8, "the word lies within the span")
    let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
    return UInt64(littleEndian: word)
  }

  /// The index of the first `byte` from `start` on, eight bytes at a time.
  @inline(__always) func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let pattern = ones &* UInt64(byte)
    var index = start
    while index &+ 8 <= count {
      let difference = word(at: index) ^ pattern
      let found = (difference &- ones) & ~difference & 0x8080_8080_8080_8080
      if found != 0 { return index &+ found.trailingZeroBitCount >> 3 }
      index &+= 8
    }
    while index < count {
      if self[index] == byte { return index }
      index &+= 1
    }
    return nil
  }

  /// Whether the bytes of `range` are those of `other`, eight at a time.
  @inline(__always) func equals(_ other: Span<UInt8>, in range: Range<Int>) -> Bool {
    guard range.count == other.count else { return false }
    var index = 0
    while index &+ 8 <= other.count {
      if word(at: range.lowerBound &+ index) != other.word(at: index) { return false }
      index &+= 8
    }
    while index < other.count {
      if self[range.lowerBound &+ index] != other[index] { return false }
      index &+= 1
    }
    return true
  }
}

extension [UInt8] {
  /// Appends the bytes of a span in one piece.
  @inline(__always) mutating func append(contentsOf span: Span<UInt8>) {
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  /// The parts between the bytes that are `separator`, those that are empty left out; they share the
  /// memory.
  public func parts(between separator: UInt8) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start = 0
    while start < count {
      let end = span.firstIndex(of: separator, from: start) ?? count
      if start < end { parts.append(self[start..<end]) }
      start = end + 1
    }
    return parts
  }
}

extension MutableSpan<UInt8> {
  /// Stores `word` from `offset` on, least significant byte first.
  @inline(__always) mutating func setWord(_ word: UInt64, at offset: Int) {
    precondition(offset >= 0 && offset <= count &- 8, "the word lies within the span")
    for index in 0..<8 {
      self[offset &+ index] = UInt8(truncatingIfNeeded: word >> UInt64(8 &* index))
    }
  }
}
