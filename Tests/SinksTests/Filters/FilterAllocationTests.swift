// SPDX-License-Identifier: Apache-2.0
import Glibc
import Streams
import Testing

@testable import Sinks

/// Counts what filtering allocates, where `Benchmarks/Baselines/malloc-count.c` was loaded with
/// LD_PRELOAD, the build is optimised and no other test runs:
/// `swift test -c release -Xswiftc -enable-testing --filter FilterAllocationTests`.
@Suite(.serialized) struct FilterAllocationTests {
  private static let isCounted = count != nil && !_isDebugAssertConfiguration()
  private static let count: (@convention(c) () -> UInt64)? = dlsym(nil, "weir_allocations").map {
    unsafeBitCast($0, to: (@convention(c) () -> UInt64).self)
  }

  private func allocations(_ body: () -> Void) throws -> Int {
    let counter = try #require(Self.count)
    body()
    let before = counter()
    for _ in 0..<100 { body() }
    return Int(counter() - before)
  }

  @Test(
    .enabled(if: isCounted),
    arguments: [
      "type == 'purchase' && data.amount > 100", "data.name == 'x'", "data.name.contains('😀')",
      "data.long > 0.3 && data.exp == 150", "tags.time == '2026-01-01T00:00:00Z'",
      "'two' in data.list && 'none' in data", "data.none == 1 || data.list == data.list",
      "int(tags.count) > 42 && double(tags.price) >= 99.5 && tags.ticker.contains('GOO')",
      "size(data) > 1 && size(data.name) == 9 && 'ticker' in tags",
      "time > timestamp('2025-01-01T00:00:00Z') && subject in ['order-7', 'order-8']",
    ]
  ) func `an expression allocates nothing`(expression: String) throws {
    let filter = try EventFilter(expression: expression)
    var evaluator = FilterEvaluator()
    #expect(try allocations { _ = evaluator.evaluate(filter, sample) } == 0)
  }

  @Test(
    .enabled(if: isCounted),
    arguments: [
      #"{"key":"ticker","cmp":"eq","val":"GOOG"}"#, #"{"key":"time","cmp":"sw","val":"2026"}"#,
      #"{"op":"and","nodes":[{"key":"count","cmp":"gt","val":"42"},{"key":"price","cmp":"gte","val":"99.5"},{"key":"ticker","cmp":"ct","val":"GOO"}]}"#,
      #"{"key":"ticker","cmp":"nin","vals":["a","b","c"]}"#,
    ]
  ) func `a tag filter allocates nothing`(json: String) throws {
    let filter = try tagFilter(json)
    var evaluator = FilterEvaluator()
    #expect(try allocations { _ = evaluator.evaluate(filter, sample) } == 0)
  }

  @Test(.enabled(if: isCounted)) func `a set of filters allocates nothing`() throws {
    var set = FilterSet()
    for number in 0..<1_000 {
      _ = try set.add(EventFilter(expression: "tags.ticker == 'T\(number)'"), member: number)
    }
    _ = try set.add(EventFilter(expression: "tags.ticker == 'GOOG'"), member: 1_000)
    _ = try set.add(
      EventFilter(expression: "tags.ticker == 'GOOG' && data.amount > 1"),
      member: 1_001
    )
    _ = try set.add(EventFilter(expression: "data.amount > 1"), member: 1_002)
    var found: [Int] = []
    let count = try allocations {
      found.removeAll(keepingCapacity: true)
      set.appendMatches(sample, to: &found)
    }
    #expect(count == 0)
    #expect(found.sorted() == [1_000, 1_001, 1_002])
  }
}
