// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Codecs

@Suite struct JSONTokenTests {
  private func token(_ json: String) -> JSONToken {
    JSONToken(validated: Array(json.utf8).span, at: 0)
  }

  @Test func `scalars are read`() {
    #expect(token("null") == .null)
    #expect(token("true") == .bool(true))
    #expect(token("false,") == .bool(false))
    #expect(token("[1]") == .array(0))
    #expect(token("{}") == .object(0))
    #expect(token(#""""#) == .string(1..<1, isEscaped: false))
    #expect(token(#""a\"b",1"#) == .string(1..<5, isEscaped: true))
    #expect(token("\"0123456789\"") == .string(1..<11, isEscaped: false))
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("7]", 7), ("-12 ", -12),
      ("999999999999999999}", 999_999_999_999_999_999),
      ("9223372036854775807", .max), ("-9223372036854775808", .min),
    ] as [(String, Int64)]
  )
  func `whole numbers that fit are exact`(json: String, value: Int64) {
    #expect(token(json) == .int(value))
  }

  @Test(arguments: [
    "9223372036854775808", "-9223372036854775809", "1.0", "-0.0", "1e0", "0.1",
    "0.30000000000000004", "1e22", "1e23",
    "123456789012345e22", "1.7976931348623157e308", "5e-324", "2.2250738585072011e-308", "1e-400",
    "1E+5", "-1.5e-3",
    "9007199254740993.0", "0.000000000000000000000000000001",
    "3.141592653589793238462643383279502884197", "1e00005",
    "8.5e-10000000000",
  ]) func `other numbers are the nearest double`(json: String) throws {
    guard case .double(let value) = token(json + ",") else {
      Issue.record("\(json) is no double")
      return
    }
    let expected = try #require(Double(json))
    #expect(value == expected && value.sign == expected.sign)
    // As a view reads it, and with nothing behind it.
    #expect(try JSONView.parse(Array(json.utf8)).double == expected)
  }

  @Test func `numbers beyond a double are infinite`() throws {
    #expect(token("1e999") == .double(.infinity))
    #expect(token("-1e999") == .double(-.infinity))
    #expect(try JSONView.parse(Array("1e999".utf8)).double == nil)
    #expect(token(String(repeating: "9", count: 5_000)) == .double(.infinity))
  }

  @Test(arguments: 1...4) func `random numbers are the nearest double`(seed: UInt64) throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<5_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      let text = "\(value)"
      let digits =
        "\(Int.random(in: 0...999_999_999)).\(Int.random(in: 0...99_999_999))e\(Int.random(in: -30...30))"
      #expect(JSONToken.number(Array(text.utf8).span) == value)
      #expect(JSONToken.number(Array(digits.utf8).span) == Double(digits))
    }
  }

  @Test func `numbers that text spells`() {
    for text in [
      "", "-", "1.", ".5", "1e", "1e+", "+1", " 1", "1 ", "0x1", "inf", "nan", "1.5.5", "--1",
    ] {
      #expect(JSONToken.number(Array(text.utf8).span) == nil, "\(text)")
      #expect(JSONToken.whole(Array(text.utf8).span) == nil, "\(text)")
    }
    #expect(JSONToken.number(Array("007.5".utf8).span) == 7.5)
    #expect(JSONToken.whole(Array("-007".utf8).span) == -7)
    #expect(JSONToken.whole(Array("9223372036854775808".utf8).span) == nil)
    #expect(JSONToken.whole(Array("1.0".utf8).span) == nil)
  }

  @Test func `containers are counted and walked`() {
    let text = Array(#"[1,"a,b",[2,3],{"c":[4]}] {"a":1,"\u0061":{"b":2},"c":[3]} [] {}"#.utf8)
    let span = text.span
    #expect(JSONToken.count(in: span, at: 0) == 4)
    let object = text.firstIndex(of: UInt8(ascii: " "))! + 1
    #expect(JSONToken.count(in: span, at: object) == 3)
    #expect(JSONToken.count(in: span, at: text.count - 5) == 0)
    #expect(JSONToken.count(in: span, at: text.count - 2) == 0)
    var position = 1
    var elements: [UInt8] = []
    while let start = JSONToken.nextElement(in: span, at: &position) {
      elements.append(text[start])
    }
    #expect(elements == Array("1\"[{".utf8))
    position = object + 1
    var names: [String] = []
    while let range = JSONToken.nextName(in: span, at: &position) {
      var name: [UInt8] = []
      JSONToken.unescape(span, in: range, to: &name)
      names.append(String(decoding: name, as: UTF8.self))
    }
    #expect(names == ["a", "a", "c"])
  }
}
