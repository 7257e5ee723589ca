// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import WeirTesting

@testable import Sinks

@Suite struct FilterFuzzTests {
  private static let pieces = [
    "data", ".", "a", "tags", "[", "]", "(", ")", "\"a\"", "'", "\\", "\"", "1", "-", "0x", "1.5",
    "e9", "&&", "||", "!",
    "==", "<", "in", "has", "size", "int", "type", "null", "true", "time", "timestamp", ",", " ",
    "contains", "//", "\n",
    "\u{1F600}", "r\"", "\"\"\"", "{", "}", "?", ":", "+", "\u{0}", "startsWith", "u", "b'",
  ]

  @Test(arguments: 1...4)
  func `any text is compiled or refused, and what is compiled runs`(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var evaluator = FilterEvaluator()
    var compiled = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...14, using: &random)
      let text = (0..<count).map { _ in
        Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)]
      }
      .joined(separator: Bool.random(using: &random) ? "" : " ")
      guard let filter = try? EventFilter(expression: text) else { continue }
      compiled += 1
      _ = evaluator.evaluate(filter, sample)
    }
    #expect(compiled > 10)
  }

  @Test(arguments: 1...4)
  func `expressions with a part changed do no harm`(seed: UInt64) throws {
    var generator = OracleGenerator(seed)
    var evaluator = FilterEvaluator()
    for _ in 0..<2_000 {
      var scalars = Array(generator.condition(depth: 3).text.unicodeScalars)
      for _ in 0...2 where !scalars.isEmpty {
        let place = Int.random(in: 0..<scalars.count, using: &generator.random)
        switch Int.random(in: 0..<3, using: &generator.random) {
        case 0: scalars.remove(at: place)
        case 1:
          scalars.insert(
            scalars[Int.random(in: 0..<scalars.count, using: &generator.random)],
            at: place
          )
        default: scalars.swapAt(place, Int.random(in: 0..<scalars.count, using: &generator.random))
        }
      }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      guard let filter = try? EventFilter(expression: String(text)) else { continue }
      _ = evaluator.evaluate(filter, generator.event())
    }
  }

  @Test func `any JSON is a tag filter or refused`() throws {
    var random = SeededGenerator(3)
    var accepted = 0
    func node(_ depth: Int) -> String {
      func pick(_ list: [String]) -> String { list[Int.random(in: 0..<list.count, using: &random)] }
      var members: [String] = []
      let isLeaf = depth == 0 || Int.random(in: 0..<3, using: &random) > 0
      if isLeaf {
        members.append(
          #""cmp":"\#(pick(["eq", "neq", "in", "nin", "ex", "nex", "sw", "ew", "ct", "lt", "gte", "x", ""]))""#
        )
        members.append(#""key":\#(pick(["\"a\"", "\"\"", "\"type\"", "1", "null"]))"#)
        members.append(
          pick([
            #""val":"1""#, #""vals":["a","1"]"#, #""val":null"#, #""vals":[1]"#, #""x":1"#,
            #""nodes":[]"#,
          ])
        )
      } else {
        members.append(#""op":"\#(pick(["and", "or", "not", "xor"]))""#)
        let nodes = (0..<Int.random(in: 0...2, using: &random)).map { _ in node(depth - 1) }
        members.append(#""nodes":[\#(nodes.joined(separator: ","))]"#)
      }
      return "{" + members.joined(separator: ",") + "}"
    }
    var evaluator = FilterEvaluator()
    for _ in 0..<5_000 {
      guard let filter = try? tagFilter(node(3)) else { continue }
      accepted += 1
      #expect(evaluator.evaluate(filter, sample) != .failed)
    }
    #expect(accepted > 100)
  }

  @Test func `deep and wide data is read within its bounds`() throws {
    var evaluator = FilterEvaluator()
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    let wide =
      "{" + (0..<20_000).map { #""k\#($0)":[\#($0),{"x":"\u00e9"}]"# }.joined(separator: ",") + "}"
    for text in [deep, wide] { _ = try JSONView.parse(Array(text.utf8)) }
    let filter = try EventFilter(
      expression: "data.k19999[0] == 19999 && data.k0[1].x == 'é' && size(data) == 20000"
    )
    #expect(evaluator.evaluate(filter, Event(data: Array(wide.utf8))) == .matched)
    #expect(evaluator.evaluate(filter, Event(data: Array(deep.utf8))) == .refused)
    let inside = try EventFilter(
      expression: "size(data\(String(repeating: "[0]", count: 32))) == 1"
    )
    #expect(evaluator.evaluate(inside, Event(data: Array(deep.utf8))) == .matched)
  }
}
