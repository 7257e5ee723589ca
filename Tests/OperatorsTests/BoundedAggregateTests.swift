// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct BoundedAggregateTests {
  @Test func `a list keeps the first values and counts the others`() {
    let list = Collect<Int, Int>(upTo: 3)
    #expect(list.result(of: []) == Collected(values: [], dropped: 0))
    for cut in 0...5 {
      #expect(
        list.result(of: [4, 2, 9, 1, 1], cutAt: cut) == Collected(values: [4, 2, 9], dropped: 2)
      )
    }
  }

  @Test func `a table with a value twice or more values than its limit is refused`() {
    func isRefused<A: Aggregate>(_ aggregate: A, _ numbers: [UInt64]) -> Bool {
      var encoder = StateEncoder()
      for number in numbers { encoder.write(number) }
      var (decoder, aggregate) = (StateDecoder(encoder.bytes), aggregate)
      do { try aggregate.restore(from: &decoder) } catch { return true }
      return false
    }
    let table = Frequencies<Int, UInt64>(of: { UInt64($0) }, upTo: 2)
    #expect(!isRefused(table, [16, 0, 2, 7, 2, 8, 2]))
    #expect(isRefused(table, [16, 0, 2, 7, 2, 7, 2]))
    #expect(isRefused(table, [16, 0, 3, 7, 2, 8, 2, 9, 2]))
    let distinct = Distinct<Int, UInt64>(of: { UInt64($0) }, upTo: 2)
    #expect(!isRefused(distinct, [14, 1, 2, 7, 8]))
    #expect(isRefused(distinct, [14, 1, 3, 7, 8, 9]))
    let hitters = HeavyHitters<Int, UInt64>(1, of: { UInt64($0) }, entries: 2)
    #expect(!isRefused(hitters, [18, 2, 9, 2, 7, 1, 0, 8, 2, 0]))
    #expect(isRefused(hitters, [18, 2, 9, 2, 7, 1, 0, 7, 2, 0]))
    #expect(isRefused(hitters, [18, 2, 9, 3, 7, 1, 0, 8, 2, 0, 9, 3, 0]))
    #expect(isRefused(hitters, [18, 2, 9, 1, 7, 1, 1]))
  }

  @Test func `a list that was stored with a greater limit is refused`() throws {
    var list = Collect<Int, Int>(upTo: 9)
    for value in 1...5 { list.add(value) }
    var encoder = StateEncoder()
    try list.encode(into: &encoder)
    var (decoder, smaller) = (StateDecoder(encoder.bytes), Collect<Int, Int>(upTo: 4))
    #expect(throws: StateError.self) { try smaller.restore(from: &decoder) }
  }

  @Test func `a value on a boundary is in the range that begins there`() {
    let histogram = Histogram<Double, Double>(of: { $0 }, boundaries: [0, 1, 10])
    let numbers = [-1, 0, 0.5, 1, 9.9, 10, .infinity, -.infinity, .nan]
    for cut in 0...numbers.count {
      let counts = histogram.result(of: numbers, cutAt: cut)
      #expect(counts.counts == [2, 2, 2, 2])
      #expect((counts.undefined, counts.count) == (1, 8))
    }
  }

  @Test func `a histogram counts as a search from the left does`() {
    for seed in 0..<50 {
      var random = SeededGenerator(seed)
      let size = Int.random(in: 1...20, using: &random)
      let boundaries = Array(0..<50).shuffled(using: &random).prefix(size).sorted()
      let values = (0..<100).map { _ in Int.random(in: -3...53, using: &random) }
      var expected = [Int](repeating: 0, count: size + 1)
      for value in values { expected[boundaries.filter { $0 <= value }.count] += 1 }
      let histogram = Histogram<Int, Int>(of: { $0 }, boundaries: boundaries)
      #expect(histogram.result(of: values).counts == expected)
    }
  }

  @Test func `state of another aggregate or of other settings is refused`() throws {
    func isRefused<A: Aggregate, B: Aggregate>(_ one: A, by other: B) throws -> Bool {
      var encoder = StateEncoder()
      try one.encode(into: &encoder)
      var (decoder, other) = (StateDecoder(encoder.bytes), other)
      do { try other.restore(from: &decoder) } catch { return true }
      return false
    }
    func refuses<A: Aggregate>(_ one: A, _ other: A) throws -> Bool {
      try isRefused(one, by: other)
    }
    #expect(try isRefused(Count<Int>(), by: Sum<Int, Int>(of: { $0 })))
    #expect(try isRefused(Min<Int, Int>(of: { $0 }), by: Max<Int, Int>(of: { $0 })))
    let quantiles = Quantiles<Int, Int>(of: { $0 }, at: [0.5])
    #expect(try refuses(quantiles, Quantiles(of: { $0 }, at: [0.5], relativeError: 0.02)))
    #expect(try refuses(quantiles, Quantiles(of: { $0 }, at: [0.5], bucketLimit: 512)))
    #expect(try !refuses(quantiles, Quantiles(of: { $0 }, at: [0.1, 0.9])))
    let distinct = ApproximateDistinct<Int, Int>(of: { $0 })
    #expect(try refuses(distinct, ApproximateDistinct(of: { $0 }, standardError: 0.1)))
    let histogram = Histogram<Int, Int>(of: { $0 }, boundaries: [1, 2])
    #expect(try refuses(histogram, Histogram(of: { $0 }, boundaries: [1, 3])))
    let hitters = HeavyHitters<Int, Int>(1, of: { $0 }, entries: 5)
    #expect(try refuses(hitters, HeavyHitters(1, of: { $0 }, entries: 6)))
    let counters = CountMin<Int, Int>(of: { $0 })
    #expect(try refuses(counters, CountMin(of: { $0 }, error: 0.1)))
    #expect(try refuses(counters, CountMin(of: { $0 }, confidence: 0.9)))
  }

  @Test func `counts stop at the greatest number`() throws {
    var encoder = StateEncoder()
    encoder.write(UInt64(1))
    encoder.write(UInt64(Int.max))
    var (decoder, count) = (StateDecoder(encoder.bytes), Count<Int>())
    try count.restore(from: &decoder)
    count.add(1)
    count.merge(count)
    #expect(count.result == .max)
    var table = FrequencyTable<Int>(limit: 1)
    for value in [1, 1, 2, 2] { table.add(value, .max) }
    #expect((table.count(of: 1), table.others, table.total) == (.max, .max, .max))
  }
}
