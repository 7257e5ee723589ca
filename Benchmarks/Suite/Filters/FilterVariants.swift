// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Sinks
import Streams

/// Many filters over the same events.
enum FilterVariants {
  private static let count = 10_000

  private static func equality(_ number: Int) throws -> EventFilter {
    try EventFilter(expression: "tags.user == 'user-\(number)'")
  }

  /// 10,000 equalities, each evaluated for each event.
  static func oneByOne(passes: Int) throws -> Variant {
    let filters = try (0..<count).map(equality)
    return Variant("10,000 equalities one by one", count: passes * FilterEvents.all.count) {
      let events = FilterEvents.all
      var evaluator = FilterEvaluator()
      return await Elapsed.by {
        var matched = 0
        for _ in 0..<passes {
          for event in events {
            for filter in filters where evaluator.evaluate(filter, event) == .matched {
              matched += 1
            }
          }
        }
        precondition(opaque(matched) == passes * events.count, "each event has one who wants it")
      }
    }
  }

  /// 10,000 equalities in a set.
  static func equalities(passes: Int) throws -> Variant {
    var filled = FilterSet()
    for number in 0..<count { _ = try filled.add(equality(number), member: number) }
    return variant("10,000 equalities in a set", filled, passes: passes, members: 1)
  }

  /// 1,000 members of ten expressions that read the data.
  static func shared(passes: Int) throws -> Variant {
    var filled = FilterSet()
    for number in 0..<1_000 {
      let text = "data.amount >= \(number % 10) && data.user.age >= \(number % 10)"
      _ = try filled.add(EventFilter(expression: text), member: number)
    }
    return variant(
      "10 expressions of 1,000 members in a set",
      filled,
      passes: passes,
      members: 1_000
    )
  }

  private static func variant(
    _ name: String,
    _ filled: FilterSet,
    passes: Int,
    members: Int
  ) -> Variant {
    Variant(name, count: passes * FilterEvents.all.count) {
      let events = FilterEvents.all
      var set = filled
      var found: [Int] = []
      return await Elapsed.by {
        var matched = 0
        for _ in 0..<passes {
          for event in events {
            found.removeAll(keepingCapacity: true)
            set.appendMatches(event, to: &found)
            matched += found.count
          }
        }
        precondition(opaque(matched) == members * passes * events.count, "all are found")
      }
    }
  }

  /// Compiling an expression.
  static func compiling(count: Int) throws -> Variant {
    Variant("compiling an expression", count: count) {
      try await Elapsed.by {
        for number in 0..<count {
          let text = "type == 'purchase' && data.amount > \(number) && data.region in ['eu', 'us']"
          _ = opaque(try EventFilter(expression: text))
        }
      }
    }
  }
}
