// SPDX-License-Identifier: Apache-2.0
import Operators
import Testing
import WeirTesting

@Suite struct AggregateTests {
  /// Adds the elements whole, and in parts that are merged, and compares the results.
  private func checkMerging<A: Aggregate<Int, Result>, Result: Equatable>(
    _ empty: A,
    distinct: Int = 40
  ) {
    for seed in 0..<100 {
      var random = SeededGenerator(seed)
      let count = Int.random(in: 0...120, using: &random)
      let elements = (0..<count).map { _ in Int.random(in: 0..<distinct, using: &random) }
      var whole = empty
      for element in elements { whole.add(element) }
      var parts = [empty]
      for element in elements {
        if Int.random(in: 0..<8, using: &random) == 0 { parts.append(empty) }
        parts[parts.count - 1].add(element)
      }
      while parts.count > 1 {
        let index = Int.random(in: 0..<parts.count - 1, using: &random)
        let right = parts.remove(at: index + 1)
        parts[index].merge(right)
      }
      #expect(parts[0].result == whole.result, "seed \(seed)")
    }
  }

  private func result<A: Aggregate<Int, Result>, Result>(_ empty: A, _ elements: [Int]) -> Result {
    var aggregate = empty
    for element in elements { aggregate.add(element) }
    return aggregate.result
  }

  @Test func `parts that are merged equal the whole`() {
    checkMerging(Count())
    checkMerging(Sum(of: { $0 }))
    checkMerging(Distinct(of: { $0 }))
    checkMerging(Frequencies(of: { $0 }))
    checkMerging(TopK(5, of: { $0 }))
  }

  @Test func `a sum of whole numbers stops at the ends of its type`() {
    #expect(result(Sum<Int, Int>(of: { $0 }), [.max, 1, 5]) == .max)
    #expect(result(Sum<Int, Int>(of: { $0 }), [.min, -1]) == .min)
    #expect(result(Sum<Int, UInt64>(of: { UInt64($0) }), [.max, .max, .max]) == .max)
  }

  @Test func `distinct values beyond the limit leave a flag, however they are split`() {
    checkMerging(Distinct(of: { $0 }, upTo: 20))
    checkMerging(Distinct(of: { $0 }, upTo: 1))
    let values = Distinct<Int, Int>(of: { $0 }, upTo: 3)
    #expect(result(values, [1, 2, 3, 1]) == DistinctCount(count: 3, isExact: true))
    #expect(result(values, [1, 2, 3, 4, 1]) == DistinctCount(count: 3, isExact: false))
  }

  @Test func `frequencies up to the limit are exact, the rest is counted together`() {
    let table = result(Frequencies<Int, Int>(of: { $0 }, upTo: 2), [7, 8, 7, 9, 9, 7, 8])
    #expect(table.counts == [7: 3, 8: 2])
    #expect((table.others, table.total) == (2, 7))
    #expect(table != FrequencyTable(limit: 2))
  }

  @Test func `frequencies beyond the limit lose nothing in sum when they are merged`() {
    for seed in 0..<50 {
      var random = SeededGenerator(seed)
      var parts = (0..<3).map { _ in Frequencies<Int, Int>(of: { $0 }, upTo: 5) }
      for _ in 0..<60 {
        let part = Int.random(in: 0..<3, using: &random)
        parts[part].add(Int.random(in: 0..<20, using: &random))
      }
      var merged = parts[0]
      merged.merge(parts[1])
      merged.merge(parts[2])
      #expect(merged.result.total == 60)
      #expect(merged.result.counts.count == 5)
    }
  }

  @Test func `the values that a limit keeps are those that came first`() {
    for _ in 0..<20 {
      var left = Frequencies<Int, Int>(of: { $0 }, upTo: 4)
      var right = left
      for value in [3, 1] { left.add(value) }
      for value in [50, 1, 40, 30, 20] { right.add(value) }
      left.merge(right)
      #expect(left.result.counts == [3: 1, 1: 2, 50: 1, 40: 1])
      #expect(left.result.others == 2)
    }
  }

  @Test func `a table takes in a larger one without exceeding its own limit`() {
    var small = FrequencyTable<Int>(limit: 2)
    var large = FrequencyTable<Int>(limit: 9)
    for value in 1...4 { large.add(value, value) }
    small.merge(large)
    #expect(small.counts == [1: 1, 2: 2])
    #expect(small.others == 7)
  }

  @Test func `the top is ordered by frequency, then by value`() {
    let ranking = result(TopK<Int, Int>(3, of: { $0 }), [5, 9, 9, 2, 5, 7, 1, 7])
    #expect(ranking.top.map(\.value) == [5, 7, 9])
    #expect(ranking.top.map(\.count) == [2, 2, 2])
    #expect((ranking.count, ranking.others) == (8, 0))
    #expect(result(TopK<Int, Int>(9, of: { $0 }), [2, 1, 2]).top.map(\.value) == [2, 1])
    #expect(result(TopK<Int, Int>(9, of: { $0 }), []).top.isEmpty)
  }

  @Test func `the top is that of sorting everything`() {
    for seed in 0..<100 {
      var random = SeededGenerator(seed)
      let elements = (0..<200).map { _ in Int.random(in: 0..<30, using: &random) }
      let counts = Dictionary(grouping: elements) { $0 }.mapValues(\.count)
      let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      for number in [1, 4, 40] {
        let found = result(TopK<Int, Int>(number, of: { $0 }), elements).top
        #expect(found.map(\.value) == sorted.prefix(number).map(\.key))
      }
    }
  }

  @Test func `a ranking with a limit says what it left out`() {
    let ranking = result(TopK<Int, Int>(2, of: { $0 }, upTo: 2), [1, 2, 3, 3, 3])
    #expect(ranking.top.map(\.value) == [1, 2])
    #expect((ranking.count, ranking.others) == (5, 3))
  }
}

@Suite struct AggregateBuilderTests {
  private func build<A: Aggregate<Int, Result>, Result>(
    @AggregateBuilder<Int> _ build: () -> A
  ) -> A {
    build()
  }

  private func result<A: Aggregate<Int, Result>, Result>(_ empty: A) -> Result {
    var (left, right) = (empty, empty)
    for value in 1...3 { left.add(value) }
    for value in 3...4 { right.add(value) }
    left.merge(right)
    return left.result
  }

  @Test func `one aggregate is itself`() {
    #expect(result(build { Count() }) == 5)
  }

  @Test func `several give a tuple in the order in which they are written`() {
    let two = result(
      build {
        Count()
        Sum(of: { $0 })
      }
    )
    #expect(two == (5, 13))
    let three = result(
      build {
        Count()
        Sum(of: { $0 })
        Distinct(of: { $0 })
      }
    )
    #expect(three == (5, 13, DistinctCount(count: 4, isExact: true)))
    let four = result(
      build {
        Sum(of: { Double($0) })
        TopK(1, of: { $0 })
        Count()
        Distinct(of: { $0 % 2 })
      }
    )
    #expect((four.0, four.2) == (13, 5))
    #expect(four.1.top.map(\.value) == [3])
    #expect(four.3.count == 2)
  }
}
