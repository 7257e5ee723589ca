// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Data in which few values are frequent and many are rare.
private func skewed(_ seed: Int, _ count: Int = 4_000) -> [Int] {
  var random = SeededGenerator(seed)
  let zipf = Zipf(2_000, halves: 1 + seed % 3)
  // Ranks are scattered, so that the order of the values says nothing.
  return zipf.take(count, using: &random).map { $0 * 7_919 % 10_007 }
}

private func frequencies(_ values: [Int]) -> [Int: Int] {
  values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
}

@Suite struct HeavyHittersTests {
  /// Merges the entries of random parts of the values, in any grouping.
  private func divided(
    _ values: [Int],
    _ empty: HeavyHitters<Int, Int>,
    _ random: inout SeededGenerator
  ) -> HeavyHitters<Int, Int> {
    var parts = (0..<Int.random(in: 1...7, using: &random)).map { _ in empty }
    for value in values { parts[Int.random(in: 0..<parts.count, using: &random)].add(value) }
    while parts.count > 1 {
      let index = Int.random(in: 0..<parts.count - 1, using: &random)
      parts[index].merge(parts.remove(at: index + 1))
    }
    // What comes after merging keeps the bounds too.
    for value in values { parts[0].add(value) }
    return parts[0]
  }

  @Test(arguments: [5, 20, 100, 3_000])
  func `counts keep their bounds and frequent values are listed, however divided`(entries: Int) {
    for seed in 0..<12 {
      var random = SeededGenerator(seed)
      let values = skewed(seed, 1_500)
      let empty = HeavyHitters<Int, Int>(entries, of: { $0 }, entries: entries)
      let ranking = divided(values, empty, &random).result
      let exact = frequencies(values + values)
      let bound = 2 * values.count / entries
      #expect(ranking.count == 2 * values.count)
      #expect(ranking.otherwiseAtMost <= bound)
      for entry in ranking.top {
        let count = exact[entry.value, default: 0]
        #expect(entry.count - entry.error <= count && count <= entry.count)
        #expect(entry.error <= bound)
      }
      let listed = Set(ranking.top.map(\.value))
      for (value, count) in exact where !listed.contains(value) {
        #expect(count <= ranking.otherwiseAtMost, "\(value) is listed")
      }
    }
  }

  @Test func `with an entry for each value the ranking is exact`() {
    for seed in 0..<5 {
      let values = skewed(seed, 500)
      let exact = TopK<Int, Int>(10, of: { $0 }).result(of: values)
      for cut in [0, 100, 499] {
        let found = HeavyHitters<Int, Int>(10, of: { $0 }).result(of: values, cutAt: cut)
        #expect(found.top.map(\.value) == exact.top.map(\.value))
        #expect(found.top.map(\.count) == exact.top.map(\.count))
        #expect(found.top.allSatisfy { $0.error == 0 } && found.otherwiseAtMost == 0)
      }
    }
  }

  @Test func `a value without an entry takes over the lowest, with its count as error`() {
    let hitters = HeavyHitters<String, String>(2, of: { $0 }, entries: 2)
    let ranking = hitters.result(of: ["a", "a", "b", "c"])
    #expect(
      ranking
        == HeavyHitterRanking(
          top: [
            HeavyHitter(value: "a", count: 2, error: 0),
            HeavyHitter(value: "c", count: 2, error: 1),
          ],
          count: 4,
          otherwiseAtMost: 2
        )
    )
  }

  @Test func `a merged value that one part lacks gets that part's lowest count as error`() {
    let hitters = HeavyHitters<String, String>(2, of: { $0 }, entries: 2)
    let ranking = hitters.result(of: ["a", "a", "b", "c", "c", "c", "d", "d"], cutAt: 3)
    #expect(
      ranking.top
        == [
          HeavyHitter(value: "c", count: 4, error: 1), HeavyHitter(value: "a", count: 4, error: 2),
        ].sorted { $0.value < $1.value }
    )
  }

  @Test func `the same values in the same order give the same entries in every run`() {
    let values = skewed(1)
    let first = HeavyHitters<Int, Int>(50, of: { $0 }, entries: 50).result(of: values)
    for _ in 0..<5 {
      #expect(HeavyHitters<Int, Int>(50, of: { $0 }, entries: 50).result(of: values) == first)
    }
  }

  @Test func `entries that are not in the order of a heap are refused`() {
    var encoder = StateEncoder()
    for number: UInt64 in [18, 3, 9, 2] { encoder.write(number) }
    for (value, count) in [("a", UInt64(5)), ("b", 4)] {
      encoder.write(bytes: value.utf8)
      encoder.write(count)
      encoder.write(UInt64(0))
    }
    var decoder = StateDecoder(encoder.bytes)
    var hitters = HeavyHitters<String, String>(1, of: { $0 }, entries: 3)
    #expect(throws: StateError.malformed(at: 8, expected: "entries in the order of a heap")) {
      try hitters.restore(from: &decoder)
    }
  }
}

@Suite struct CountMinTests {
  @Test func `estimates are never too low, and rarely too high by more than the error`() {
    let (error, confidence) = (0.005, 0.95)
    var (asked, exceeding) = (0, 0)
    for seed in 0..<6 {
      let values = skewed(seed)
      let counts = CountMin<Int, Int>(of: { $0 }, error: error, confidence: confidence)
      let sketch = counts.result(of: values, cutAt: values.count / 4)
      #expect(sketch.count == values.count)
      let exact = frequencies(values)
      for value in 0..<10_007 {
        let (count, estimate) = (exact[value, default: 0], sketch.estimate(of: value))
        #expect(estimate >= count)
        asked += 1
        if Double(estimate - count) > error * Double(values.count) { exceeding += 1 }
      }
    }
    #expect(Double(exceeding) <= (1 - confidence) * Double(asked))
  }

  @Test func `parts are merged without loss`() {
    let values = skewed(2, 500)
    let counts = CountMin<Int, Int>(of: { $0 }, error: 0.05)
    let whole = counts.result(of: values)
    for cut in [0, 1, 250, 500] { #expect(counts.result(of: values, cutAt: cut) == whole) }
    #expect(counts.result(of: values.reversed()) == whole)
  }

  @Test func `nothing was counted of anything in the beginning`() {
    let sketch = CountMin<Int, String>(of: { "\($0)" }).result
    #expect((sketch.count, sketch.estimate(of: "1")) == (0, 0))
  }
}
