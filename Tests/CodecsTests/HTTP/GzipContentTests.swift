// SPDX-License-Identifier: Apache-2.0
import CZlib
import Codecs
import Testing

@Suite struct GzipContentTests {
  private static func inflated(_ bytes: [UInt8]) -> (content: [UInt8], hasEnded: Bool) {
    HTTPContentEncoderTests.inflated(bytes)
  }

  /// Texts that are compressed, and some that are not: short, or without any repetition.
  private static func texts(_ seed: UInt64) -> [[UInt8]] {
    let event = #"id: a:e:7\#ndata: {"price":10.5,"price":10.5,"size":[1,1,1,1,1,1,1]}\#n\#n"#
    var random = SeededGenerator(seed: seed)
    return (0..<40).map { _ in
      switch Int.random(in: 0..<4, using: &random) {
      case 0: Array(event.utf8)
      case 1: (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
      case 2: Array(":\n\n".utf8)
      default: Array(random.string(upTo: 3_000).utf8)
      }
    }
  }

  @Test(arguments: 1...5)
  func `it can be read behind each block, whatever stands there, and ends well`(seed: UInt64) {
    var encoder = GzipBlockEncoder()
    var content = GzipContent()
    var bytes = GzipContent.header
    var whole: [UInt8] = []
    var compressedCount = 0
    for text in Self.texts(seed) {
      let block = encoder.encode(text)
      compressedCount += block.isCompressed ? 1 : 0
      content.append(GzipChecksum(text))
      bytes += block.bytes
      whole += text
      #expect(Self.inflated(bytes) == (whole, false))
      // zlib checks the CRC-32 and the length.
      #expect(Self.inflated(bytes + content.end) == (whole, true))
    }
    #expect((5..<35).contains(compressedCount))
  }

  @Test func `cut at any byte, it gives the beginning of what it holds`() {
    var encoder = GzipBlockEncoder()
    var content = GzipContent()
    var bytes = GzipContent.header
    var whole: [UInt8] = []
    // How much can be read at least, once so many bytes are there.
    var readable = [0: 0]
    for text in Self.texts(7).map({ Array($0.prefix(200)) }).prefix(10) {
      bytes += encoder.encode(text).bytes
      whole += text
      content.append(GzipChecksum(text))
      readable[bytes.count] = whole.count
    }
    bytes += content.end
    var least = 0
    for count in 10..<bytes.count {
      least = readable[count] ?? least
      let (text, hasEnded) = Self.inflated(Array(bytes.prefix(count)))
      #expect(whole.starts(with: text) && text.count >= least && !hasEnded)
    }
    #expect(Self.inflated(bytes) == (whole, true))
  }

  @Test func `a block refers to nothing before it`() {
    let text = Array(String(repeating: "again and ", count: 20).utf8)
    var encoder = GzipBlockEncoder()
    let blocks = (1...3).map { _ in encoder.encode(text).bytes }
    #expect(blocks[0].count < text.count / 4)
    #expect(blocks[1] == blocks[0] && blocks[2] == blocks[0])
  }

  @Test(arguments: [0, 1, 63, 64, 65_535, 65_536, 200_000])
  func `what does not shrink is stored`(count: Int) {
    var random = SeededGenerator(seed: 1)
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    var encoder = GzipBlockEncoder()
    let block = encoder.encode(bytes)
    #expect(!block.isCompressed)
    #expect(block.bytes == GzipContent.storedBlock(bytes))
    #expect(block.bytes.count == count + 5 * ((count + 65_534) / 65_535))
    var content = GzipContent()
    content.append(GzipChecksum(bytes))
    #expect(Self.inflated(GzipContent.header + block.bytes + content.end) == (bytes, true))
  }

  @Test(arguments: 1...20)
  func `checksums of pieces make that of the whole, in any grouping`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bytes = (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let pieces = random.pieces(of: bytes, upTo: 1_500).map { GzipChecksum(Array($0)) }
    let empty = GzipChecksum([])
    let fromLeft = pieces.reduce(empty) { $0.followed(by: $1) }
    let fromRight = pieces.reversed().reduce(empty) { $1.followed(by: $0) }
    #expect(fromLeft == GzipChecksum(bytes) && fromRight == fromLeft)
    var content = GzipContent()
    content.append(fromLeft)
    var another = GzipContent()
    for piece in random.pieces(of: bytes, upTo: 500) { another.append(Array(piece)) }
    another.append([])
    #expect(another == content)
    var words: [UInt8] = []
    for number in [UInt32(crc32(0, bytes, UInt32(bytes.count))), 5_000] {
      words += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    #expect(content.end == [0x03, 0x00] + words)
  }
}
