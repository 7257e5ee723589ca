// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

@Suite struct DuplicateNameTests {
  private func duplicate(_ text: String) throws -> String? {
    try JSONView.parse(Array(text.utf8)).duplicateName
  }

  @Test(arguments: [
    #"{"a":1,"a":2}"#, #"{"a":1,"b":2,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"x":{"a":1,"a":2}}"#,
    #"{"x":[0,[{"a":1,"a":2}]]}"#, #"[{"a":1},{"a":1,"a":2}]"#,
  ])
  func `a name that comes twice is found`(text: String) throws {
    #expect(try duplicate(text) == "a")
  }

  @Test(arguments: [
    "{}", "[]", "1", #""a""#, #"{"a":1,"A":1}"#, #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":1}]"#,
    #"{"a":"a","b":"a"}"#,
  ])
  func `names of different objects may be alike`(text: String) throws {
    #expect(try duplicate(text) == nil)
  }

  @Test func `names that only look alike are two`() throws {
    #expect(try duplicate("{\"\u{E9}\":1,\"e\u{301}\":2}") == nil)
  }

  @Test func `the empty name counts`() throws {
    #expect(try duplicate(#"{"":1,"":2}"#) == "")
  }
}
