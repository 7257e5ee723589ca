// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct HTTPFieldsTests {
  private let fields: HTTPFields = ["Host": "h:80", "Accept": "", "ce-Type": "a", "HOST": "i"]

  @Test func `values are looked up as bytes, whatever the case of the name`() {
    #expect(fields.bytes(of: "host").map(Array.init) == Array("h:80".utf8))
    #expect(fields.bytes(of: "accept")?.isEmpty == true)
    #expect(fields.bytes(of: "Hos") == nil)
    #expect(fields.bytes(of: "Hosts") == nil)
    #expect(fields.count(of: "Host") == 2)
    #expect(fields.count(of: "Origin") == 0)
  }

  @Test func `the beginning of a name is found, but not in a value`() {
    #expect(fields.hasNames(beginningWith: "CE-"))
    #expect(fields.hasNames(beginningWith: "hos"))
    #expect(!fields.hasNames(beginningWith: "h:"))
    #expect(!fields.hasNames(beginningWith: "ce-type-of"))
  }

  @Test func `a list is searched without the spaces and empty elements in it`() {
    let fields: HTTPFields = ["Connection": ", keep-alive ,\tUPGRADE", "Connection": "close,"]
    for token in ["keep-alive", "upgrade", "Close"] {
      #expect(fields.contains(token, in: "connection"))
    }
    #expect(!fields.contains("keep", in: "connection"))
  }

  @Test func `a head is followed by a length and by fields that many share`() {
    var output: [UInt8] = []
    HTTPResponseHead(status: 200, fields: ["A": "1"])
      .encode(into: &output, contentLength: 120, adding: ["B": "2", "C": ""])
    let expected = "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 120\r\nB: 2\r\nC: \r\n\r\n"
    #expect(String(decoding: output, as: UTF8.self) == expected)
  }
}
