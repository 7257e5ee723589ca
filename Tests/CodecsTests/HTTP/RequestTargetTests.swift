// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct RequestTargetTests {
  @Test(arguments: [
    ("/", []), ("/a", ["a"]), ("/v1/topics/", ["v1", "topics", ""]), ("/a//b", ["a", "", "b"]),
    ("/a%2Fb/c+d", ["a/b", "c+d"]), ("/%F0%9F%98%80?x", ["😀"]), ("http://h/a?b", ["a"]),
    ("https://h", []), ("/...", ["..."]),
  ])
  func `paths come apart into decoded segments`(target: String, segments: [String]) throws {
    #expect(try RequestTarget.parse(target).segments == segments)
  }

  @Test func `queries come apart into decoded items`() throws {
    let target = try RequestTarget.parse("/e?topic=a&topic=b%20c+d&&x&y=&=z&p=a=b%3D?&%C3%A9=%2B")
    #expect(target.values(of: "topic") == ["a", "b c d"])
    #expect(target["x"] == "")
    #expect(target["y"] == "")
    #expect(target[""] == "z")
    #expect(target["p"] == "a=b=?")
    #expect(target["é"] == "+")
    #expect(target["none"] == nil)
    #expect(target.query.count == 7)
    #expect(try RequestTarget.parse("/?").query.isEmpty)
  }

  @Test(arguments: [
    "", "a", "*", "/%", "/%4", "/%4g", "/%FF", "/%C0%AF", "/%00", "/a/../b", "/%2e%2E/b", "/./b",
    "/?%", "/?a=%zz", "/?%ED%A0%80",
  ])
  func `ambiguous or broken targets are refused`(target: String) {
    #expect(throws: HTTPViolation.invalidTarget) { try RequestTarget.parse(target) }
  }

  @Test func `only unreserved characters stay unencoded`() {
    #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
    #expect(PercentEncoding.encode("a b/é?+") == "a%20b%2F%C3%A9%3F%2B")
    #expect(PercentEncoding.decode("a+b") == "a+b")
    #expect(PercentEncoding.decode("a+b", plusIsSpace: true) == "a b")
  }

  @Test func `random strings survive encoding and decoding`() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<1_000 {
      let string = random.string(upTo: 20)
      let decoded = PercentEncoding.decode(PercentEncoding.encode(string), plusIsSpace: true)
      #expect(decoded.map { Array($0.utf8) } == Array(string.utf8))
    }
  }
}
