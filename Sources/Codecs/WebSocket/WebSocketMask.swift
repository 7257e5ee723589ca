// SPDX-License-Identifier: Apache-2.0

/// The masking of a client's payloads (RFC 6455 §5.3).
struct WebSocketMask: Equatable {
  /// The key's bytes four to the word, the next one to use lowest.
  private var word: UInt64

  /// A mask from its key as the frame carries it, most significant byte first.
  init(key: UInt32) {
    word = UInt64(key.byteSwapped) | UInt64(key.byteSwapped) << 32
  }

  /// Appends the bytes of `range`, masked or unmasked, and moves on by as many; eight at a time.
  mutating func append(_ bytes: [UInt8], in range: Range<Int>, to output: inout [UInt8]) {
    let offset = output.count - range.lowerBound
    output.append(contentsOf: bytes[range])
    let source = bytes.span
    var target = output.mutableSpan
    var index = range.lowerBound
    while index &+ 8 <= range.upperBound {
      target.setWord(source.word(at: index) ^ word, at: offset &+ index)
      index &+= 8
    }
    while index < range.upperBound {
      target[offset &+ index] = source[index] ^ UInt8(truncatingIfNeeded: word)
      word = word >> 8 | word << 56
      index &+= 1
    }
  }
}
