// SPDX-License-Identifier: Apache-2.0
import CZlib
import Codecs
import Testing

@Suite struct HTTPContentEncoderTests {
  /// What zlib makes of the bytes: gzip and zlib by their header; and whether they have ended.
  static func inflated(_ bytes: [UInt8]) -> (content: [UInt8], hasEnded: Bool) {
    var stream = z_stream()
    let automatic: Int32 = 32 + 15
    inflateInit2_(&stream, automatic, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { inflateEnd(&stream) }
    var content: [UInt8] = []
    var input = bytes
    var code = Z_OK
    input.withUnsafeMutableBufferPointer { source in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      var piece = [UInt8](repeating: 0, count: 4096)
      repeat {
        piece.withUnsafeMutableBufferPointer { target in
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          code = inflate(&stream, Z_SYNC_FLUSH)
        }
        content += piece.dropLast(Int(stream.avail_out))
      } while code == Z_OK && stream.avail_out == 0
    }
    #expect(code >= 0 || code == Z_BUF_ERROR)
    return (content, code == Z_STREAM_END)
  }

  static let text = Array(
    String(repeating: "data: {\"offset\":17,\"é\":null}\n\n", count: 300).utf8
  )

  @Test(arguments: [HTTPContentCoding.gzip, .deflate])
  func `whole content survives`(coding: HTTPContentCoding) {
    let encoded = HTTPContentEncoder.encode(Self.text, as: coding)
    #expect(encoded.count < Self.text.count / 20)
    #expect(encoded.starts(with: coding == .gzip ? [0x1F, 0x8B, 8] : [0x78]))
    #expect(Self.inflated(encoded) == (Self.text, true))
    #expect(Self.inflated(HTTPContentEncoder.encode([], as: coding)) == ([], true))
  }

  @Test func `identity passes everything through`() {
    #expect(HTTPContentEncoder.encode(Self.text, as: .identity) == Self.text)
  }

  @Test(arguments: [HTTPContentCoding.gzip, .deflate], [9, 12, 15])
  func `each event can be read once it is flushed`(coding: HTTPContentCoding, windowBits: Int) {
    var random = SeededGenerator(seed: UInt64(windowBits))
    var encoder = HTTPContentEncoder(coding, windowBits: windowBits)
    var encoded: [UInt8] = []
    var content: [UInt8] = []
    for _ in 0..<40 {
      let event = Array(random.string(upTo: 300).utf8)
      encoder.encode(event, flushes: true, into: &encoded)
      content += event
      #expect(Self.inflated(encoded) == (content, false))
    }
    encoder.finish(into: &encoded)
    #expect(Self.inflated(encoded) == (content, true))
  }

  @Test func `without a flush bytes wait for more`() {
    var encoder = HTTPContentEncoder(.gzip)
    var encoded: [UInt8] = []
    encoder.encode(Self.text.prefix(100), into: &encoded)
    #expect(Self.inflated(encoded).content.isEmpty)
    encoder.encode([], flushes: true, into: &encoded)
    #expect(Self.inflated(encoded).content == Array(Self.text.prefix(100)))
    let countBefore = encoded.count
    encoder.encode([], flushes: true, into: &encoded)
    #expect(encoded.count == countBefore)
  }
}
