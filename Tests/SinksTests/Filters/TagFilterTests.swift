// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import WeirTesting

@testable import Sinks

@Suite struct TagFilterTests {
  private func outcome(_ json: String, _ tags: [String: String]) throws -> FilterOutcome {
    var evaluator = FilterEvaluator()
    return evaluator.evaluate(try tagFilter(json), Event(data: Array("1".utf8), tags: tags))
  }

  private static let tags = [
    "ticker": "AAPL", "source": "NASDAQ", "price": "150.25", "category": "tech", "volume": "1000",
  ]

  @Test(arguments: [
    #"{"key":"ticker","cmp":"eq","val":"AAPL"}"#, #"{"key":"source","cmp":"neq","val":"TEST"}"#,
    #"{"key":"none","cmp":"neq","val":"TEST"}"#,
    #"{"key":"category","cmp":"in","vals":["tech","finance"]}"#,
    #"{"key":"ticker","cmp":"nin","vals":["MSFT","GOOGL"]}"#,
    #"{"key":"none","cmp":"nin","vals":["MSFT"]}"#, #"{"key":"price","cmp":"ex"}"#,
    #"{"key":"internal","cmp":"nex"}"#, #"{"key":"ticker","cmp":"sw","val":"AA"}"#,
    #"{"key":"source","cmp":"ew","val":"DAQ"}"#, #"{"key":"category","cmp":"ct","val":"ec"}"#,
    #"{"key":"price","cmp":"gt","val":"100"}"#, #"{"key":"volume","cmp":"gte","val":"1000"}"#,
    #"{"key":"price","cmp":"lt","val":"200"}"#, #"{"key":"volume","cmp":"lte","val":"1000.000"}"#,
    #"{"op":"and","nodes":[{"key":"ticker","cmp":"eq","val":"AAPL"},{"key":"category","cmp":"eq","val":"tech"}]}"#,
    #"{"op":"or","nodes":[{"key":"ticker","cmp":"eq","val":"MSFT"},{"key":"category","cmp":"eq","val":"tech"}]}"#,
    #"{"op":"not","nodes":[{"key":"source","cmp":"eq","val":"NYSE"}]}"#,
    #"{"op":"","key":"ticker","cmp":"eq","val":"AAPL","vals":[],"nodes":null}"#,
  ]) func `lets through`(json: String) throws {
    #expect(try outcome(json, Self.tags) == .matched)
    // The opposite of each.
    #expect(try outcome(#"{"op":"not","nodes":[\#(json)]}"#, Self.tags) == .refused)
  }

  @Test(arguments: [
    #"{"key":"none","cmp":"eq","val":"x"}"#, #"{"key":"none","cmp":"in","vals":["x",""]}"#,
    #"{"key":"none","cmp":"sw","val":"x"}"#, #"{"key":"none","cmp":"ct","val":"x"}"#,
    #"{"key":"none","cmp":"lt","val":"1"}"#, #"{"key":"none","cmp":"gte","val":"-1"}"#,
    #"{"key":"none","cmp":"ex"}"#, #"{"key":"ticker","cmp":"lt","val":"1"}"#,
    #"{"key":"ticker","cmp":"gt","val":"-1"}"#, #"{"key":"ticker","cmp":"eq","val":"aapl"}"#,
  ]) func `holds back`(json: String) throws {
    #expect(try outcome(json, Self.tags) == .refused)
  }

  @Test func `the attributes that were published are tags`() throws {
    var evaluator = FilterEvaluator()
    func outcome(_ key: String, _ value: String, _ event: Event) throws -> FilterOutcome {
      let json = #"{"key":"\#(key)","cmp":"eq","val":"\#(value)"}"#
      return evaluator.evaluate(try tagFilter(json), event)
    }
    for (key, value) in [
      ("type", "purchase"), ("id", "e1"), ("subject", "order-7"), ("time", "2026-01-01T00:00:00Z"),
    ] {
      #expect(try outcome(key, value, sample) == .matched)
      #expect(try outcome(key, "x" + value, sample) == .refused)
    }
    // What was not published is not shown, so it is no tag either.
    #expect(try outcome("type", "event", Event(data: [0x31])) == .refused)
  }

  @Test(
    arguments: [
      ("1", "1", 0), ("1", "2", -1), ("2", "10", -1), ("-1", "1", -1), ("-2", "-1", -1),
      ("-10", "-9", -1), ("0", "-0", 0), ("0.0", "-0.000", 0), ("+1", "1", 0), ("1.50", "1.5", 0),
      ("1.05", "1.5", -1), ("0.1", "0.09", 1), ("007", "7", 0),
      ("99999999999999999999999", "99999999999999999999998", 1),
      ("0.30000000000000004", "0.3", 1), ("-0.5", "0", -1), ("10", "9.999", 1), ("1.", nil, 0),
      (".5", nil, 0),
      ("", nil, 0), ("-", nil, 0), ("1e3", nil, 0), ("0x1", nil, 0), (" 1", nil, 0), ("1 ", nil, 0),
      ("NaN", nil, 0), ("1.2.3", nil, 0), ("--1", nil, 0),
    ] as [(String, String?, Int)]
  )
  func `numbers are compared as decimals`(left: String, right: String?, order: Int) throws {
    let signs: [(cmp: String, holds: (Int) -> Bool)] = [
      ("lt", { $0 < 0 }), ("lte", { $0 <= 0 }), ("gt", { $0 > 0 }), ("gte", { $0 >= 0 }),
    ]
    for (cmp, holds) in signs {
      let json = #"{"key":"n","cmp":"\#(cmp)","val":"\#(right ?? "0")"}"#
      let expected = right != nil && holds(order)
      #expect(try outcome(json, ["n": left]) == (expected ? .matched : .refused), "\(cmp)")
      guard let right else { continue }
      let mirrored = #"{"key":"n","cmp":"\#(cmp)","val":"\#(left)"}"#
      #expect(
        try outcome(mirrored, ["n": right]) == (holds(-order) ? .matched : .refused),
        "\(cmp)"
      )
    }
  }

  @Test(arguments: [
    (#"[]"#, "tf", "op"), (#"{}"#, "tf", "cmp"), (#"{"key":"a"}"#, "tf", "cmp"),
    (#"{"key":"a","cmp":"like","val":"x"}"#, "tf", "cmp"),
    (#"{"cmp":"eq","val":"x"}"#, "tf", "key"),
    (#"{"key":"a","cmp":"eq"}"#, "tf", "val"), (#"{"key":"a","cmp":"eq","val":""}"#, "tf", "val"),
    (#"{"key":"a","cmp":"eq","val":1}"#, "tf", "val"), (#"{"key":"a","cmp":"in"}"#, "tf", "vals"),
    (#"{"key":"a","cmp":"in","vals":"x"}"#, "tf", "vals"),
    (#"{"key":"a","cmp":"in","vals":[1]}"#, "tf.vals[0]", "vals"),
    (#"{"key":"a","cmp":"in","val":"x"}"#, "tf", "val"),
    (#"{"key":"a","cmp":"eq","val":"x","vals":["y"]}"#, "tf", "vals"),
    (#"{"key":"a","cmp":"ex","val":"x"}"#, "tf", "val"),
    (#"{"key":"a","cmp":"gt","val":"x"}"#, "tf", "val"),
    (#"{"key":"a","cmp":"gt","val":"1e3"}"#, "tf", "val"),
    (#"{"key":"a","cmp":"ex","nodes":[{"key":"a","cmp":"ex"}]}"#, "tf", "nodes"),
    (#"{"op":"xor","nodes":[]}"#, "tf", "op"), (#"{"op":"and","nodes":[]}"#, "tf", "nodes"),
    (#"{"op":"not","nodes":[{"key":"a","cmp":"ex"},{"key":"b","cmp":"ex"}]}"#, "tf", "nodes"),
    (#"{"op":"and","key":"a","nodes":[{"key":"a","cmp":"ex"}]}"#, "tf", "key"),
    (
      #"{"op":"and","nodes":[{"key":"a","cmp":"ex"},{"op":"or","nodes":[{"key":"b"}]}]}"#,
      "tf.nodes[1].nodes[0]", "cmp"
    ),
    (#"{"op":"and","nodes":[1]}"#, "tf.nodes[0]", "op"),
    (#"{"key":"a","cmp":"ex","regex":"x"}"#, "tf", "regex"),
    (#"{"op":"and","nodes":{}}"#, "tf", "nodes"),
  ]) func `is refused with node and field`(json: String, node: String, field: String) throws {
    let error = #expect(throws: FilterViolation.self) { try tagFilter(json) }
    #expect(error?.place == .node(node, field: field), "\(json)")
    #expect(error?.description.hasPrefix("\(node), field \(field): ") == true)
  }

  @Test func `depth, nodes and bytes are limited`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: #"{"op":"not","nodes":["#, count: depth - 1) + #"{"key":"a","cmp":"ex"}"#
        + String(repeating: "]}", count: depth - 1)
    }
    _ = try tagFilter(nested(32))
    #expect(throws: FilterViolation.self) { try tagFilter(nested(33)) }
    var limits = FilterLimits()
    limits.maximumNodes = 4
    _ = try tagFilter(#"{"key":"a","cmp":"in","vals":["1","2","3"]}"#, limits: limits)
    #expect(throws: FilterViolation.self) {
      try tagFilter(#"{"key":"a","cmp":"in","vals":["1","2","3","4"]}"#, limits: limits)
    }
    let json = #"{"key":"a","cmp":"ex"}"#
    limits.maximumBytes = json.utf8.count
    _ = try tagFilter(json, limits: limits)
    limits.maximumBytes -= 1
    #expect(throws: FilterViolation.self) { try tagFilter(json, limits: limits) }
    // A tree that did not come as JSON has the same limits.
    var node = TagFilterNode()
    (node.key, node.cmp) = ("a", "ex")
    for _ in 0..<40 {
      var outer = TagFilterNode()
      (outer.op, outer.nodes) = ("not", [node])
      node = outer
    }
    #expect(throws: FilterViolation.self) { try EventFilter(tagFilter: node) }
  }

  @Test func `each spelling has one form`() throws {
    let one = try tagFilter(#"{"key":"a","cmp":"in","vals":["x","y","x"]}"#)
    let two = try tagFilter(
      #"{"op":"or","nodes":[{"key":"a","cmp":"eq","val":"y"},{"key":"a","cmp":"eq","val":"x"}]}"#
    )
    #expect(one.canonicalForm == two.canonicalForm)
    let three = try tagFilter(#"{"key":"a","cmp":"nin","vals":["x","y"]}"#)
    let four = try tagFilter(#"{"op":"not","nodes":[{"key":"a","cmp":"in","vals":["y","x"]}]}"#)
    #expect(three.canonicalForm == four.canonicalForm)
    #expect(one.canonicalForm != three.canonicalForm)
  }

  @Test func `a needle is found as a naive search finds it`() {
    var random = SeededGenerator(7)
    for _ in 0..<5_000 {
      func text(_ most: Int) -> String {
        String(
          (0..<Int.random(in: 0...most, using: &random)).map { _ in
            Bool.random(using: &random) ? "a" : "b"
          }
        )
      }
      let (hay, needle) = (text(20), text(6))
      let (bytes, wanted) = (Array(hay.utf8), Array(needle.utf8))
      let isThere =
        bytes.count >= wanted.count
        && (0...bytes.count - wanted.count).contains { bytes[$0...].starts(with: wanted) }
      #expect(FilterNeedle(needle).isIn(bytes.span) == isThere, "\(needle) in \(hay)")
    }
  }
}
