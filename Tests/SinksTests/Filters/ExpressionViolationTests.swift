// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Sinks

@Suite struct ExpressionViolationTests {
  @Test(arguments: [
    ("", 1, ""), ("type ==", 8, ""), ("type = \"a\"", 6, "="), ("a", 1, "a"), ("foo.bar", 1, "foo"),
    ("type == \"a", 9, "\"a"), ("type & true", 6, "&"), ("1 + 1 == 2", 3, "+"),
    ("data.a - 1 > 0", 8, "-"), ("-data.a > 0", 1, "-"), ("true ? 1 : 2", 6, "?"),
    ("data.a.matches(\"x\")", 8, "matches"), ("data.list.exists(x, x > 1)", 11, "exists"),
    ("string(1) == \"1\"", 1, "string"), ("size() == 1", 1, "size"), ("size(1, 2) == 1", 1, "size"),
    ("size(1) == 1", 6, "1"), ("has(data)", 5, "data"), ("has(data[\"x\"])", 5, "data"),
    ("has(type)", 5, "type"), ("1 == \"a\"", 3, "=="), ("type > 1", 6, ">"),
    ("type == null", 6, "=="),
    ("time > \"2026\"", 6, ">"), ("timestamp(\"x\") == time", 11, "\"x\""),
    ("type", 1, "type"), ("1", 1, "1"), ("!type", 2, "type"), ("type && true", 1, "type"),
    ("true || 1", 9, "1"), ("tags == 1", 1, "tags"), ("tags[0] == \"a\"", 5, "["),
    ("type.x == 1", 6, "x"), ("data[-1] == 1", 6, "-"), ("data[data.x] == 1", 6, "data"),
    ("data[1.5] == 1", 6, "1.5"), ("data[\"a\" == 1", 10, "=="), ("data. == 1", 7, "=="),
    ("data.in == 1", 6, "in"), ("[1] == [1]", 1, "["), ("type in type", 9, "type"),
    ("type in [data.x]", 10, "data"), ("type in [1]", 9, "["),
    ("type in [\"a\" \"b\"]", 14, "\"b\""),
    ("1u == 1", 1, "1u"), ("b\"x\" == \"x\"", 1, "b"), ("data.a.contains(data.b)", 17, "data"),
    ("(true", 6, ""), ("true)", 5, ")"), ("true true", 6, "true"), ("\"\\q\" == \"a\"", 2, "\\q"),
    ("\"\\ud83d\" == \"a\"", 2, "\\ud83d"), ("\"\\x1\" == \"a\"", 2, "\\x1"), ("1x == 1", 1, "1x"),
    ("0x == 1", 1, "0x"), ("1e999 == 1", 1, "1e999"),
    ("9223372036854775808 == 1", 1, "9223372036854775808"),
    ("99999999999999999999 == 1", 1, "99999999999999999999"), ("{\"a\": 1} == data", 1, "{"),
    ("data{a: 1}", 5, "{"), ("ü == 1", 1, "ü"), ("\"ü\" == \"ü\" && x", 15, "x"),
  ]) func `is refused at its place`(text: String, column: Int, token: String) throws {
    let refusal = try #require(violation(text))
    guard case .column(let found, let spelling) = refusal.place else {
      Issue.record("\(refusal)")
      return
    }
    #expect(found == column, "\(refusal)")
    #expect(spelling.hasPrefix(token), "\(refusal)")
    #expect(!refusal.problem.isEmpty && !refusal.remedy.isEmpty)
    #expect(refusal.description.hasPrefix("column \(column), at "))
  }

  @Test func `a message says what to do`() {
    #expect(
      violation("typ == \"a\"")?.description
        == "column 1, at typ: there is no such name; use type, subject, id, source, time, tags.NAME or "
        + "data.NAME, and quote texts"
    )
    #expect(
      violation("data.a.matches(\"x\")")?.description
        == "column 8, at matches: the function is not offered; use startsWith, endsWith or contains: "
        + "regular expressions are refused"
    )
  }

  @Test func `bytes are limited`() {
    var limits = FilterLimits()
    limits.maximumBytes = 4
    #expect(violation("true", limits: limits) == nil)
    #expect(violation("true ", limits: limits)?.kind == .limit)
  }

  @Test func `nodes are limited`() {
    var limits = FilterLimits()
    limits.maximumNodes = 3
    #expect(violation("true || true", limits: limits) == nil)
    #expect(violation("true || true || true", limits: limits)?.kind == .limit)
    #expect(violation("1 in [1, 2, 3]", limits: limits)?.kind == .limit)
  }

  @Test(arguments: [("(", ")"), ("!", ""), ("!(", ")"), ("int(", ")")])
  func `nesting is limited`(open: String, close: String) {
    let (inner, tail) = open == "int(" ? ("1", " == 1") : ("true", "")
    func text(_ depth: Int) -> String {
      String(repeating: open, count: depth) + inner + String(repeating: close, count: depth) + tail
    }
    let depth = open == "!(" ? 16 : 32
    #expect(violation(text(depth)) == nil)
    #expect(violation(text(depth + 1))?.kind == .limit)
    var limits = FilterLimits()
    limits.maximumBytes = 1 << 20
    #expect(violation(text(100_000), limits: limits)?.kind == .limit)
  }

  @Test func `what CEL asks of an implementation fits`() throws {
    let or = (0..<32).map { "data.a == \($0)" }.joined(separator: " || ")
    let and = (0..<32).map { "data.a\($0) == 1" }.joined(separator: " && ")
    let relations = "true" + String(repeating: " == true", count: 32)
    let selections = "data" + String(repeating: ".a", count: 32) + " == 1"
    let indexes = "data" + String(repeating: "[0]", count: 32) + " == 1"
    let list = "data.a in [" + (0..<32).map(String.init).joined(separator: ",") + "]"
    for text in [or, and, relations, selections, indexes, list] { #expect(violation(text) == nil) }
    #expect(violation("data" + String(repeating: ".a", count: 33) + " == 1")?.kind == .limit)
    let chain = "true" + String(repeating: " == true", count: 200)
    #expect(violation(chain)?.kind == .limit)
  }

  @Test func `what is expensive is refused`() throws {
    let again = (0..<30).map { "data.text.contains(\"\($0)\")" }.joined(separator: " || ")
    let found = try #require(violation(again))
    #expect(found.kind == .cost)
    #expect(found.description.contains("read an event"))
    // As many places, each read once: they are compared and found in two passes, and read in one.
    let apart = (0..<30).map { "data.t\($0) == \($0)" }.joined(separator: " || ")
    #expect(try EventFilter(expression: apart).cost.passes == 3)
    #expect(try EventFilter(expression: "tags.a == \"b\"").cost.passes == 0)
    var limits = FilterLimits()
    limits.maximumSteps = 10
    let long = String(repeating: "x", count: 400)
    #expect(violation("type == \"\(long)\"", limits: limits)?.kind == .cost)
  }

  @Test func `a walk inside a walk adds up`() throws {
    // The whole, a part of it, and a part of that are read: each byte of the innermost three times.
    let filter = try EventFilter(
      expression: "size(data) > 1 && size(data.a) > 1 && size(data.a.b) > 1"
    )
    #expect(filter.cost.passes == 1 + 2 * 3)
  }
}
