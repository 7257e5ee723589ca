// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing

/// Vectors in the spirit of JSONTestSuite: what must be accepted and what must not.
@Suite struct JSONGrammarTests {
  static let accepted: [String] = [
    "null", "true", "false", "0", "-0", "-1", "1", "10", "1.0", "0.5", "1e1", "1E1", "1e+1", "1e-1",
    "1.5E+10", "0e1", "-0.0e-0", #""""#, #""a""#, " 1 ", "\t1\r\n", "[]", "[ ]", "{}", "{ }",
    "[[]]",
    "[1]", "[1,2]", "[ 1 , 2 ]", "[null,true,false]", "[[],[[]],{}]", #"{"a":1}"#, #"{"":0}"#,
    #"{ "a" : 1 , "b" : 2 }"#, #"{"a":{"b":{"c":[]}}}"#, #"{"a":1,"a":1}"#, #"["\u0000"]"#,
    #"["\"\\\/\b\f\n\r\t\u00Ff"]"#, #"["\uD801\udc37"]"#, #"["\ud83d\ude39\ud83d\udc8d"]"#,
    #"["\uDBFF\uDFFF"]"#, "[\"\u{7F}\"]", "[\"\u{2028}\u{2029}\u{FEFF}\"]", "[\"€é😀\"]",
    #"["\uFFFE\uFFFF"]"#, #""abcdefgh\"ijklmnop""#, "[1e999]", "[123456789012345678901234567890]",
    "\n\n[\n]\n",
  ]

  static let rejected: [(text: String, reason: JSONViolation.Reason)] = [
    ("", .expectedValue), (" ", .expectedValue), ("nul", .expectedValue), ("nulL", .expectedValue),
    ("TRUE", .expectedValue), ("True", .expectedValue), ("nullx", .trailingText),
    ("NaN", .expectedValue), ("Infinity", .expectedValue), ("-Infinity", .expectedDigit),
    ("+1", .expectedValue), (".5", .expectedValue), ("-", .expectedDigit), ("-a", .expectedDigit),
    ("1.", .expectedDigit), ("1.e1", .expectedDigit), ("1e", .expectedDigit),
    ("1e+", .expectedDigit),
    ("01", .leadingZero), ("-01", .leadingZero), ("00", .leadingZero), ("0x1", .trailingText),
    ("1 000", .trailingText), ("1,", .trailingText), ("１", .expectedValue), ("'a'", .expectedValue),
    (#"""#, .unterminatedString), (#""a"#, .unterminatedString), (#""\""#, .unterminatedString),
    (#""\"#, .invalidEscape), (#""\x""#, .invalidEscape), (#""\u""#, .invalidEscape),
    (#""\u12""#, .invalidEscape), (#""\u123g""#, .invalidEscape), (#""\U0041""#, .invalidEscape),
    (#""\a""#, .invalidEscape), (#""\ud800""#, .loneSurrogate), (#""\udc00""#, .loneSurrogate),
    (#""\ud800\ud800""#, .loneSurrogate), (#""\ud800\n""#, .loneSurrogate),
    (#""\ud800a""#, .loneSurrogate), (#""\ud800\u12""#, .invalidEscape),
    (#""\udc00\ud800""#, .loneSurrogate), ("\"\n\"", .controlCharacter),
    ("\"\t\"", .controlCharacter), ("\"\u{0}\"", .controlCharacter),
    ("\"abcdefgh\u{1F}\"", .controlCharacter), ("[", .expectedValue),
    ("[1", .expectedCommaOrBracket),
    ("[1,", .expectedValue), ("[,1]", .expectedValue), ("[1,]", .expectedValue),
    ("[1,,2]", .expectedValue), ("[1 2]", .expectedCommaOrBracket),
    ("[1}", .expectedCommaOrBracket),
    ("]", .expectedValue), ("[]]", .trailingText), ("[1]x", .trailingText),
    ("{", .expectedNameOrBrace),
    ("{a:1}", .expectedNameOrBrace), ("{'a':1}", .expectedNameOrBrace),
    ("{1:1}", .expectedNameOrBrace),
    ("{,}", .expectedNameOrBrace), (#"{"a"}"#, .expectedColon), (#"{"a" 1}"#, .expectedColon),
    (#"{"a":}"#, .expectedValue), (#"{"a":1"#, .expectedCommaOrBrace),
    (#"{"a":1,}"#, .expectedName),
    (#"{"a":1 "b":2}"#, .expectedCommaOrBrace), (#"{"a":1]"#, .expectedCommaOrBrace),
    (#"{"a":1,b:2}"#, .expectedName), (#"{"a":/**/1}"#, .expectedValue), ("//\n1", .expectedValue),
    ("{}}", .trailingText), ("{}{}", .trailingText), ("[1]\u{0}", .trailingText),
    ("\u{FEFF}1", .expectedValue), ("\u{A0}1", .expectedValue), ("\u{C}1", .expectedValue),
    ("[1\u{B}]", .expectedCommaOrBracket), ("\u{0}", .expectedValue),
  ]

  static let brokenUTF8: [[UInt8]] = [
    [0x80], [0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0xAF],
    [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
    [0xF0, 0x80, 0x80, 0xAF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
    [0xF5, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xFE], [0xFF], [0xFC, 0x83, 0xBF, 0xBF, 0xBF],
  ]

  @Test(arguments: accepted)
  func `well-formed text is accepted`(text: String) throws {
    #expect(throws: Never.self) { try JSONViewTests.parse(text) }
  }

  @Test(arguments: rejected)
  func `malformed text is refused with its reason`(text: String, reason: JSONViolation.Reason) {
    let violation = #expect(throws: JSONViolation.self) { try JSONViewTests.parse(text) }
    #expect(violation?.reason == reason)
  }

  @Test(arguments: accepted.filter { $0.last == "]" || $0.last == "}" || $0.last == "\"" })
  func `text cut short anywhere is refused`(text: String) {
    for count in 0..<text.utf8.count {
      #expect(throws: JSONViolation.self) { try JSONView.parse(Array(text.utf8.prefix(count))) }
    }
  }

  @Test(arguments: brokenUTF8)
  func `broken UTF-8 is refused at every position`(bytes: [UInt8]) {
    for padding in 0..<10 {
      let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
      let violation = #expect(throws: JSONViolation.self) { try JSONView.parse(text) }
      #expect(violation?.reason == .invalidUTF8)
    }
  }

  @Test(arguments: ["[", #"{"a":"#])
  func `depth is limited at 64`(opening: String) {
    let closing = opening == "[" ? "]" : "}"
    func nested(_ depth: Int) -> String {
      String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
    }
    #expect(throws: Never.self) { try JSONViewTests.parse(nested(64)) }
    let violation = #expect(throws: JSONViolation.self) { try JSONViewTests.parse(nested(65)) }
    #expect(violation?.reason == .tooDeep)
    let deep = Array(nested(100_000).utf8)
    #expect(throws: JSONViolation.self) {
      try JSONView.parse(deep, limits: JSONLimits(maximumDepth: .max))
    }
  }

  @Test func `a violation says what was expected and where`() {
    let violation = #expect(throws: JSONViolation.self) {
      try JSONViewTests.parse("{\"a\": \"é\"\n \"b\": 2}")
    }
    #expect(violation?.description == "expected ',' or '}' at line 2, column 2")
    #expect(violation?.offset == 12)
    let second = #expect(throws: JSONViolation.self) { try JSONViewTests.parse(#"{"a":"é" 2}"#) }
    #expect(second?.description == "expected ',' or '}' at line 1, column 10")
  }
}
