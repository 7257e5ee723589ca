// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct HTTPFuzzTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func `mutated requests say the same whole and in pieces`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for (text, _) in HTTPRequestDecoderTests.vectors {
      for _ in 0..<60 {
        let bytes = random.mutate(Array(text.utf8))
        let pieces = random.pieces(of: bytes, upTo: 9)
        #expect(HTTPRequestDecoder.transcript([bytes]) == HTTPRequestDecoder.transcript(pieces))
      }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `mutated responses say the same whole and in pieces`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for (text, methods, _) in HTTPResponseDecoderTests.vectors {
      for _ in 0..<60 {
        let bytes = random.mutate(Array(text.utf8))
        let pieces = random.pieces(of: bytes, upTo: 9)
        #expect(
          HTTPResponseDecoderTests.transcript([bytes], methods: methods)
            == HTTPResponseDecoderTests.transcript(pieces, methods: methods)
        )
      }
    }
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func `random chunks survive encoding and decoding in pieces`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = Array("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    var body = ""
    for _ in 0..<Int.random(in: 0..<30, using: &random) {
      let piece = random.string(upTo: 40)
      body += piece
      HTTPChunk.encode(piece.utf8, into: &bytes)
    }
    HTTPChunk.encodeEnd(into: &bytes)
    let lines = HTTPRequestDecoder.transcript(random.pieces(of: bytes + bytes, upTo: 50)).lines
    let once =
      ["POST / 1.1 Host=h;Transfer-Encoding=chunked"]
      + (body.isEmpty ? [] : ["body \(body)"]) + ["end "]
    #expect(lines.map { Array($0.utf8) } == (once + once).map { Array($0.utf8) })
  }
}
