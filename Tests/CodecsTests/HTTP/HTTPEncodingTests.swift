// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct HTTPEncodingTests {
  static func text(_ encode: (inout [UInt8]) -> Void) -> String {
    var bytes: [UInt8] = []
    encode(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `a response head goes out with its registered reason`() {
    let head = HTTPResponseHead(status: 404, fields: ["Content-Length": "0", "A": "b"])
    #expect(
      Self.text(head.encode) == "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nA: b\r\n\r\n"
    )
    #expect(Self.text(HTTPResponseHead(status: 799).encode) == "HTTP/1.1 799 \r\n\r\n")
  }

  @Test func `a request head goes out and comes in the same`() throws {
    let head = HTTPRequestHead(
      method: "POST",
      target: "/a b?ü=1\r\nX: y",
      fields: ["Host": "h", "Content-Length": "0"]
    )
    #expect(head.target == "/a%20b?%C3%BC=1%0D%0AX:%20y")
    let decoded = try HTTPRequestDecoderTests.head(Self.text(head.encode))
    #expect(decoded == head)
  }

  @Test func `no value and no reason can add a line`() {
    var head = HTTPResponseHead(status: 200, reason: "a\r\nB: c")
    head.fields.append("X", "y\r\nSet-Cookie: z\u{0}")
    #expect(Self.text(head.encode) == "HTTP/1.1 200 a  B: c\r\nX: y  Set-Cookie: z \r\n\r\n")
  }

  @Test func `chunks go out as RFC 9112 section 7.1 says`() {
    let text = Self.text { output in
      HTTPChunk.encode("Wikipedia in chunks.".utf8, into: &output)
      HTTPChunk.encode([], into: &output)
      HTTPChunk.encodeEnd(trailers: ["A": "b"], into: &output)
    }
    #expect(text == "14\r\nWikipedia in chunks.\r\n0\r\nA: b\r\n\r\n")
    #expect(Self.text { HTTPChunk.encodeEnd(into: &$0) } == "0\r\n\r\n")
  }

  @Test func `fields keep order and compare as written`() {
    let fields: HTTPFields = ["B": "1", "a": "2", "b": "3"]
    #expect(fields.map(\.name) == ["B", "a", "b"])
    #expect(fields["b"] == "1")
    #expect(fields.values(of: "B") == ["1", "3"])
    #expect(fields != ["b": "1", "a": "2", "b": "3"])
    let list: HTTPFields = ["Connection": "keep-alive ,\tUpgrade", "connection": "x"]
    #expect(list.contains("upgrade", in: "CONNECTION"))
    #expect(list.contains("X", in: "Connection"))
    #expect(!list.contains("keep", in: "Connection"))
  }
}
