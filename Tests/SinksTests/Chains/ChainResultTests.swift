// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import WeirTesting

@testable import Sinks

/// What comes out: shapes, attributes, and what is counted.
@Suite struct ChainResultTests {
  private func event(_ data: String, time: Timestamp? = nil, subject: String? = nil) -> Event {
    Event(data: Array(data.utf8), subject: subject, time: time)
  }

  /// What a chain makes of some data, one event each 100 ms.
  private func results(_ text: String, _ data: [String]) throws -> [Event] {
    let log = data.enumerated().map { LoggedEvent(at: Int64($0 * 100), event: event($1)) }
    let plan = try plan(text)
    return try ChainRun.whole(log) { plan.flow($0) }
  }

  private func texts(_ text: String, _ data: [String]) throws -> [String] {
    try results(text, data).map { String(decoding: $0.data, as: UTF8.self) }
  }

  /// The aggregates of all data together.
  private func aggregates(_ aggregate: String, _ data: [String]) throws -> String {
    let text = #"[{"window":{"count":\#(data.count)}},{"aggregate":{"x":\#(aggregate)}}]"#
    let result = try #require(try texts(text, data).first)
    let start = try #require(result.firstRange(of: #""x":"#))
    return String(result[start.upperBound...].dropLast())
  }

  @Test func `aggregates come out in the shapes that are documented`() throws {
    let data = [
      #"{"v":3,"s":"a"}"#, #"{"v":1.5,"s":"b"}"#, #"{"v":"x","s":"a"}"#, #"{"s":{"c":[1]}}"#,
      #"{"v":null,"s":"a"}"#, #"{"v":4.5}"#,
    ]
    let expected = [
      (#""count""#, "6"), (#"{"count":"data.v"}"#, "4"), (#"{"sum":"data.v"}"#, "9"),
      (#"{"mean":"data.v"}"#, "3"), (#"{"min":"data.v"}"#, "1.5"), (#"{"max":"data.v"}"#, "4.5"),
      (#"{"variance":"data.v"}"#, "2.25"), (#"{"deviation":"data.v"}"#, "1.5"),
      (#"{"first":"data.s"}"#, #""a""#), (#"{"last":"data.s"}"#, #""a""#),
      (#"{"last":"data.s.c"}"#, "[1]"), (#"{"earliest":"data.v"}"#, "3"),
      (#"{"latest":"data.v"}"#, "4.5"), (#"{"sum":"data.none"}"#, "0"),
      (#"{"mean":"data.none"}"#, "null"), (#"{"first":"data.none"}"#, "null"),
      (#"{"quantile":[0.5,"data.none"]}"#, "null"),
      (#"{"distinct":"data.s"}"#, #"{"count":2,"isExact":true}"#),
      (#"{"distinct":[1,"data.s"]}"#, #"{"count":1,"isExact":false}"#),
      (#"{"approximateDistinct":"data.s"}"#, #"{"count":2,"standardError":0}"#),
      (
        #"{"topk":[1,"data.s"]}"#,
        #"{"top":[{"value":"a","count":3}],"others":0}"#
      ),
      (
        #"{"heavyHitters":"data.s"}"#,
        #"{"top":[{"value":"a","count":3,"error":0},{"value":"b","count":1,"error":0}],"otherwiseAtMost":0}"#
      ),
      (#"{"histogram":[[2,4],"data.v"]}"#, "[1,1,1]"),
      (#"{"collect":[2,"data.v"]}"#, #"{"values":[3,1.5],"dropped":2}"#),
    ]
    for (aggregate, result) in expected {
      #expect(try aggregates(aggregate, data) == result, "\(aggregate)")
    }
  }

  @Test func `whole numbers stay whole, beyond what a double holds`() throws {
    let data = [#"{"v":9007199254740993}"#, #"{"v":2}"#]
    #expect(try aggregates(#"{"sum":"data.v"}"#, data) == "9007199254740995")
    #expect(try aggregates(#"{"max":"data.v"}"#, data) == "9007199254740993")
    let most = [#"{"v":9223372036854775807}"#, #"{"v":9223372036854775807}"#]
    #expect(try aggregates(#"{"sum":"data.v"}"#, most) == "9223372036854775807")
  }

  @Test func `one number is one key, however it is written`() throws {
    let results = try texts(
      #"[{"window":{"count":2,"by":"data.k"}},{"aggregate":{"n":"count"}}]"#,
      [
        #"{"k":1}"#, #"{"k":"1"}"#, #"{"k":1.0}"#, #"{"k":true}"#, #"{"k":10e-1}"#,
        #"{"k":"\u0031"}"#,
      ]
    )
    // The last two are told at the end, with what they hold.
    let keys = [#""key":1,"#, #""key":"1","#, #""key":true,"#, #""key":1,"#]
    #expect(results.count == 4)
    for (result, key) in zip(results, keys) { #expect(result.contains(key)) }
  }

  @Test func `letters that look alike are two keys`() throws {
    let results = try texts(
      #"[{"distinct":"data.k"}]"#,
      [#"{"k":"\u00e9"}"#, #"{"k":"e\u0301"}"#, #"{"k":"é"}"#]
    )
    #expect(results.count == 2)
  }

  @Test func `select writes what is there`() throws {
    let results = try texts(
      #"[{"select":{"a":"data.a","z":"'text'","all":"data","n":1.50,"list":{"literal":[1, 2]},"t":"type"}}]"#,
      [#"{"a":{"b":[1, "ü"]}}"#, #"{"b":"\"q\""}"#]
    )
    #expect(
      results == [
        #"{"a":{"b":[1, "ü"]},"all":{"a":{"b":[1, "ü"]}},"list":[1,2],"n":1.50,"t":"event","z":"text"}"#,
        #"{"all":{"b":"\"q\""},"list":[1,2],"n":1.50,"t":"event","z":"text"}"#,
      ]
    )
    #expect(try texts(#"[{"select":{"a":"data.x"}}]"#, ["{}"]) == ["{}"])
  }

  @Test func `later stages read what earlier ones have written`() throws {
    let results = try texts(
      #"""
      [{"select":{"w":"data.v"}},{"filter":"data.w > 1"},{"window":{"count":2,"by":"data.w"}},
       {"aggregate":{"n":"count"}},{"filter":"data.key == 2 && subject == '2'"},
       {"select":{"k":"data.key","n":"data.n"}}]
      """#,
      [#"{"v":1}"#, #"{"v":2}"#, #"{"v":3}"#, #"{"v":2}"#, #"{"v":3}"#]
    )
    #expect(results == [#"{"k":2,"n":2}"#])
  }

  @Test func `events keep their attributes but for the id`() throws {
    let sent = Event(
      data: Array("plain".utf8),
      format: .text,
      type: "t",
      subject: "s",
      id: "i",
      source: "o",
      tags: ["a": "b"]
    )
    let plan = try plan(#"[{"throttle":"1s"}]"#)
    let log = [LoggedEvent(at: 5, event: sent)]
    let results = try ChainRun.whole(log) { plan.flow($0) }
    #expect(results.map(\.shown) == ["plain t s 5 - o a=b"])
    #expect(results[0].format == .text)
  }

  @Test func `data that is a text is one value without parts`() throws {
    let log = (0..<2).map {
      LoggedEvent(at: Int64($0), event: Event(data: Array("a\"b".utf8), format: .text))
    }
    let whole = try plan(#"[{"select":{"d":"data","x":"data.x"}}]"#)
    let selected = try ChainRun.whole(log) { whole.flow($0) }
    #expect(
      selected.map { String(decoding: $0.data, as: UTF8.self) }
        == Array(repeating: #"{"d":"a\"b"}"#, count: 2)
    )
    let distinct = try plan(#"[{"distinct":"data"}]"#)
    #expect(try ChainRun.whole(log) { distinct.flow($0) }.count == 1)
  }

  @Test func `an event without data passes`() throws {
    let results = try results(
      #"[{"latest":{"by":"data.k"}},{"select":{"a":"data.a"}}]"#,
      ["", #"{"a":1}"#]
    )
    #expect(results.map { String(decoding: $0.data, as: UTF8.self) } == ["{}", #"{"a":1}"#])
  }

  @Test func `what is too long is no key, and what is too heavy is not held`() throws {
    let long = String(repeating: "k", count: 1_025)
    let keyed = try texts(
      #"[{"window":{"count":1,"by":"data.k"}},{"aggregate":{"n":"count"}}]"#,
      [#"{"k":"\#(long)"}"#, #"{"k":"\#(long.dropLast())"}"#]
    )
    #expect(keyed[0].contains(#""key":null"#))
    #expect(keyed[1].contains(#""key":"kkk"#))
    let heavy = String(repeating: "x", count: 64 << 10)
    let held = try results(#"[{"throttle":"1s"}]"#, [#"{"x":"\#(heavy)"}"#, "{}"])
    #expect(held.count == 1)
    let passed = try results(
      #"[{"throttle":{"every":"1s","keep":"leading"}}]"#,
      [#"{"x":"\#(heavy)"}"#, "{}"]
    )
    #expect(passed.count == 1)
    #expect(passed[0].data.count > 64 << 10)
  }

  @Test func `many values in a row are read in one pass`() throws {
    let members = (0..<9).map { #""v\#($0)":\#($0)"# }.joined(separator: ",")
    let sums = (0..<9).map { #""s\#($0)":{"sum":"data.v\#($0)"}"# }.joined(separator: ",")
    let results = try texts(
      #"[{"window":{"count":2}},{"aggregate":{\#(sums)}}]"#,
      ["{\(members)}", "{\(members)}"]
    )
    for number in 0..<9 { #expect(results[0].contains(#""s\#(number)":\#(number * 2)"#)) }
  }

  @Test func `each stage tells what went in and out, and why`() throws {
    let plan = try plan(
      #"""
      [{"filter":"data.v > 1"},{"throttle":{"every":"1s","by":"data.k"}},
       {"window":{"count":2}},{"aggregate":{"n":"count"}},{"limit":5}]
      """#
    )
    var operators = plan.flow(Topic<Event>("t")).chain
    let data = [#"{"v":0}"#, #"{"v":"a"}"#, #"{"v":2,"k":1}"#, #"{"v":3,"k":1}"#, #"{"v":4}"#]
    for text in data { operators.receive(event(text), at: 0) { _ in } }
    operators.finish(at: 10) { _ in }
    while operators.isPending { operators.resume(at: 10, room: 1) { _ in } }
    let stages = operators.stages
    #expect(stages.map(\.name) == ["1 filter", "2 throttle", "3 window", "5 limit"])
    #expect(stages.map { $0["in"] } == [5, 3, 2, 1])
    #expect(stages.map { $0["out"] } == [3, 2, 1, 1])
    #expect(stages[0]["dropped"] == 1)
    #expect(stages[0]["failed"] == 1)
    #expect(stages[1]["conflated"] == 1)
    #expect(stages[1]["missing"] == 1)
    #expect(plan.flow(Topic<Event>("t")).plan.mermaid().contains("2 throttle"))
  }
}
