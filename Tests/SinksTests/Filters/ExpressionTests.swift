// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Sinks

/// Cases from the language definition of CEL, as far as it is offered.
@Suite struct ExpressionTests {
  @Test(arguments: [
    // Literals, escapes and comments.
    #"1 == 1"#, #"1 == 1.0"#, #"0x10 == 16"#, #"-0x10 == -16"#, #"1e3 == 1000"#, #".5 == 0.5"#,
    #"-9223372036854775808 < -9223372036854775807"#, #"9223372036854775807 > 9.2e18"#,
    #""a" == 'a'"#, #""\"" == '"'"#, #"'\'' == "'""#, #""\\" == r"\""#, #"'''x''x''' == "x''x""#,
    #""\303\277" == "\u00c3\u00bf""#, #""\377" == "\xFF""#, #""\U0001F600" == "😀""#,
    #""\a\b\f\n\r\t\v" == "\x07\x08\x0c\x0a\x0d\x09\x0b""#, #""\? \`" == "? `""#,
    "\"\"\"a\nb\"\"\" == \"a\\nb\"", "true // a comment", "// first\ntrue", "null == null",
    "true != false", "\t\u{c}true\r\n",
    // Relations: code points order strings, false comes before true.
    #""a" < "b""#, #""" < "a""#, #""Z" < "a""#, #""a" < "aa""#, "\"\u{FFFF}\" < \"\u{10000}\"",
    "false < true", "true >= true", "1 < 2", "1 <= 1.0", "2.5 > 2", "-1 < 0",
    "9007199254740993 > 9007199254740992.0", "9007199254740992 == 9007199254740992.0",
    "1 < 2 == true", "1 == 1 == true", "(1 == 2) == false",
    // Logic.
    "true || false", "!(true && false)", "!!true", "!false && true", "false || false || true",
    "true && (false || true)", "true || true && false",
    // Attributes.
    #"type == "purchase""#, #"subject == "order-7""#, #"id == "e1""#, "source == null",
    "subject != null", #"source != "x""#, #"type.startsWith("pur")"#, #"type.size() == 8"#,
    #"time == timestamp("2026-01-01T00:00:00Z")"#, #"time > timestamp("2025-12-31T23:59:59.999Z")"#,
    #"time <= timestamp("2026-01-01T01:00:00+01:00")"#, #"type in ["refund", "purchase"]"#,
    // Tags.
    #"tags.ticker == "GOOG""#, #"tags["ticker"] == "GOOG""#, "has(tags.ticker)", "!has(tags.none)",
    #""ticker" in tags"#, #"!("none" in tags)"#, #""type" in tags"#, #"tags.type == "purchase""#,
    #"tags.time == "2026-01-01T00:00:00Z""#, #"int(tags.count) > 42"#,
    #"double(tags["price"]) >= 99.5"#, #"tags.ticker.contains("OO")"#, #"tags.empty == """#,
    // Data.
    "data.amount == 150", "data.amount > 100", "data.amount == 150.0", "data.price == 99.5",
    "data.exp == 150", "data.big == 9007199254740993", "data.big != 9007199254740992",
    "data.neg < 0", "data.ok", "!data.no", "data.ok == true", "data.nothing == null",
    "data.amount != null", #"data.amount != "150""#, #"!(data.amount == "150")"#,
    #"data["region"] == "eu-west""#, #"data.deep.er.est == "found""#, #"data.deep["a.b"] == 1"#,
    "data.list[0] == 1", #"data.list[1] == "two""#, "data.list[2] == 3", "data.list[4][0] == 4",
    "data.list[5].five == 5", "data.long == 0.30000000000000004", "data.long > 0.3",
    #"data.name == "Zoë \"Z\" 😀""#, "size(data.name) == 9", #"data.name.startsWith("Zoë")"#,
    #"data.name.endsWith("😀")"#, #"data.name.contains("\"Z\"")"#, "size(data.list) == 6",
    "data.deep.size() == 2", "data.empty.size() == 0", "size(data.em) == 0", "data.list != null",
    #"data.region > "eu""#, #"data.region.startsWith(data.region)"#, "data != null",
    // Membership.
    "1 in data.list", "3 in data.list", #""two" in data.list"#, "null in data.list",
    "!(4 in data.list)", "!(1 in data.empty)", #""amount" in data"#, #"!("none" in data)"#,
    #""a.b" in data.deep"#, "data.amount in [1, 150]", "data.amount in [150.0]",
    #"data.amount in [1, 150, "x"]"#, #"data.nothing in [null, 1]"#, "!(data.amount in [])",
    "1 in [1, 2,]", "data.amount in data.list == false",
    // Presence.
    "has(data.amount)", "!has(data.none)", "has(data.deep.er.est)", "!has(data.deep.none)",
    "has(data.nothing)", "has(data.list[5].five)",
    // What decides absorbs the errors of the other side.
    "true || data.none == 1", "data.none == 1 || true", "!(false && data.none == 1)",
    "!(data.none == 1 && false)", "data.none.deeper == 1 || data.amount == 150",
    "!(data.amount && false)", "data.amount || true", "data.none == 1 || data.none == 2 || data.ok",
    // Conversions.
    "int(3.9) == 3", "int(-3.9) == -3", "double(3) == 3.0", #"int("-12") == -12"#,
    #"double("1.5e1") == 15"#, "int(data.price) == 99",
  ]) func `is true`(expression: String) throws {
    #expect(try outcome(expression, sample) == .matched)
  }

  @Test(arguments: [
    "false", "1 == 2", #"type == "Purchase""#, "data.amount < 100", "has(data.none)",
    "data.ok && data.no", #"data.amount == "150""#, "data.list[0] == null", "1 in data.empty",
    "has(data.none) && data.none > 1", "data.none == 1 && false", "source == \"x\"",
    "subject == null", #"tags.ticker.endsWith("X")"#, "data.list == 1", "data.list in [1]",
    "data.list in [1, 2]", "data.deep == data.list",
    "9007199254740993 == 9007199254740992.0",
  ]) func `is false`(expression: String) throws {
    #expect(try outcome(expression, sample) == .refused)
  }

  @Test(arguments: [
    // Missing.
    "data.none == 1", "data.none != 1", "!(data.none == 1)", "data.deep.none.more == 1",
    "data.amount.more == 1", "data.list[6] == 1", "tags.none == \"x\"", "tags.none != \"x\"",
    "data.none in [1]", "1 in data.none", "size(data.none) == 0", "data.list[0].x == 1",
    "data[0] == 1",
    // No such overload.
    "data.amount", "!data.amount", "data.amount && true", "data.amount || false",
    "data.region > 1", "data.nothing < 1", "data.list < 1", "data.ok > 1",
    #"data.amount.startsWith("1")"#, "size(data.amount) == 1", "size(data.ok) == 1",
    "1 in data.amount", "1 in data.deep", "data.list in data.list",
    "source > \"a\"", #"source.startsWith("a")"#, "data.list == data.list",
    "data.deep == data.deep",
    // What is said twice is a condition still.
    "(data.amount && data.amount) == data.amount", "(data.region || data.region) == data.region",
    // Presence in what is no map.
    "has(data.none.more)", "has(data.amount.more)", "has(data.list[6].x)", "has(data.list.x)",
    // Conversions.
    #"int("12.5") == 12"#, #"int("") == 0"#, #"double("x") == 1"#, "int(1e19) > 0",
    "int(data.ok) == 1",
    // An error with what does not decide.
    "true && data.none == 1", "data.none == 1 || false", "data.none == 1 && data.none == 2",
  ]) func `has no value`(expression: String) throws {
    #expect(try outcome(expression, sample) == .failed)
  }

  @Test func `text is one string`() throws {
    let event = Event(data: Array("plain \\ text".utf8), format: .text)
    #expect(try outcome(#"data == "plain \\ text""#, event) == .matched)
    #expect(try outcome(#"data.contains("\\")"#, event) == .matched)
    #expect(try outcome("size(data) == 12", event) == .matched)
    #expect(try outcome("data.x == 1", event) == .failed)
    #expect(try outcome("has(data.x)", event) == .failed)
    #expect(try outcome(#""x" in data"#, event) == .failed)
    #expect(try outcome(#"type == "event""#, event) == .matched)
    #expect(
      try outcome(#"time == null && subject == null && !("type" in tags)"#, event) == .matched
    )
  }

  @Test func `an attribute comes before a tag of its name`() throws {
    let tagged = Event(data: [0x31], tags: ["type": "a", "time": "b"])
    #expect(
      try outcome(#"tags.type == "a" && tags.time == "b" && "type" in tags"#, tagged) == .matched
    )
    let both = Event(data: [0x31], type: "c", time: 250, tags: ["type": "a", "time": "b"])
    #expect(try outcome(#"tags.type == "c""#, both) == .matched)
    #expect(try outcome(#"tags.time == "1970-01-01T00:00:00.250Z""#, both) == .matched)
  }

  @Test func `an event without data has none`() throws {
    let event = Event(data: [])
    #expect(try outcome("data.a == 1 || type == 'event'", event) == .matched)
    for text in ["data == 1", "data.a == 1", "has(data.a)", "1 in data", "size(data) == 0"] {
      #expect(try outcome(text, event) == .failed)
    }
  }

  @Test func `what is repeated counts once, the first`() throws {
    let event = Event(data: Array(#" {"a":1,"\u0061":2,"b":{"c":1},"b":{"d":2}} "#.utf8))
    #expect(try outcome("data.a == 1 && data.b.c == 1 && !has(data.b.d)", event) == .matched)
    let escaped = Event(data: Array(#"{"\u0061":2,"a":1,"x\ty":3}"#.utf8))
    #expect(
      try outcome(#"data.a == 2 && data["x\ty"] == 3 && "x\ty" in data"#, escaped) == .matched
    )
  }

  @Test func `letters of one look are told apart by their bytes`() throws {
    let event = Event(data: Array("{\"e\u{301}\":1,\"\u{e9}\":2}".utf8))
    #expect(try outcome("data[\"e\u{301}\"] == 1 && data[\"\u{e9}\"] == 2", event) == .matched)
    #expect(try outcome("\"e\u{301}\" == \"\u{e9}\"", event) == .refused)
  }
}
