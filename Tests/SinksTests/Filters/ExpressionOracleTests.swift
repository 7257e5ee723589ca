// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Sinks

@Suite struct ExpressionOracleTests {
  @Test(arguments: 1...8)
  func `programs say what an interpreter says`(seed: UInt64) throws {
    var generator = OracleGenerator(seed)
    var evaluator = FilterEvaluator()
    var limits = FilterLimits()
    limits.maximumPasses = 1_000
    var seen: [FilterOutcomeName: Int] = [:]
    for _ in 0..<1_000 {
      let expression = generator.condition(depth: 3)
      let filter = try EventFilter(expression: expression.text, limits: limits)
      for _ in 0..<6 {
        let event = generator.event()
        let expected = try Oracle(event).outcome(of: expression)
        let found = FilterOutcomeName(evaluator.evaluate(filter, event))
        seen[expected, default: 0] += 1
        if found != expected {
          Issue.record(
            """
            \(found) instead of \(expected): \(expression.text)
            \(String(decoding: event.data, as: UTF8.self)) \(event.givenType ?? "-") \(event.tags)
            \(filter.canonicalForm)
            """
          )
          return
        }
      }
    }
    // All three come often enough for the comparison to mean something.
    for name in [FilterOutcomeName.matched, .refused, .failed] {
      #expect(seen[name, default: 0] > 500, "\(seen)")
    }
  }

  @Test func `each spelling has one form`() throws {
    for group in [
      ["type == 'a' && data.b > 1", "data.b>1&&type==\"a\"", "1 < data.b && ('a' == type) // x"],
      ["type in ['a', 'b']", "type in ['b', 'a', 'b']", "type == 'b' || 'a' == type"],
      ["type == 'a'", "type in ['a']", "type == 'a' && type == 'a'", "(((type == 'a')))"],
      ["tags.a == 'x'", "tags['a'] == 'x'"],
      ["data.a.b == 1", "data['a']['b'] == 0x1"],
      [
        "(data.a == 1 || data.b == 2) || data.c == 3",
        "data.c == 3 || (data.b == 2 || data.a == 1)",
      ],
    ] {
      let forms = Set(try group.map { try EventFilter(expression: $0).canonicalForm })
      #expect(forms.count == 1, "\(forms)")
    }
    let different = [
      "data.a == 1", "data.a == 1.0", "data.a == '1'", "data.a != 1", "data['a.b'] == 1",
      "data.a.b == 1", "data.a[0] == 1", "data.a['0'] == 1", "data.a && data.b", "data.a || data.b",
      "data.a", "!data.a", "has(data.a)", "tags.a == '1'", "data.a in [1, 2]", "data.a in ['1,2']",
      "data.a in ['1', '2']", "data.a.contains('1')", "data.a.startsWith('1')", "1 in data.a",
      "size(data.a) == 1", "int(data.a) == 1", "double(data.a) == 1", "data.a > 1", "data.a >= 1",
    ]
    let forms = Set(try different.map { try EventFilter(expression: $0).canonicalForm })
    #expect(forms.count == different.count)
  }
}
