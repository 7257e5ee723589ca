// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

extension Aggregate {
  /// What the aggregate comes to with these elements.
  func result(of elements: some Sequence<Input>) -> Result {
    var copy = self
    for element in elements { copy.add(element) }
    return copy.result
  }

  /// The same, with the elements in two parts that are merged.
  func result(of elements: [Input], cutAt place: Int) -> Result {
    var (left, right) = (self, self)
    for element in elements.prefix(place) { left.add(element) }
    for element in elements.dropFirst(place) { right.add(element) }
    left.merge(right)
    return left.result
  }
}

@Suite struct ExtremeTests {
  @Test func `nothing has no least, no greatest, no first and no mean`() {
    #expect(Min<Int, Int>(of: { $0 }).result == nil)
    #expect(Max<Int, Int>(of: { $0 }).result == nil)
    #expect(Minimum<Int, Int>(by: { $0 }).result == nil)
    #expect(Maximum<Int, Int>(by: { $0 }).result == nil)
    #expect(First<Int, Int>().result == nil)
    #expect(Last<Int, Int>().result == nil)
    #expect(Earliest<Sample, Int>(of: \.whole, at: \.time).result == nil)
    #expect(Latest<Sample, Int>(of: \.whole, at: \.time).result == nil)
    #expect(Mean<Int, Int>(of: { $0 }).result == nil)
    #expect(Variance<Int, Int>(of: { $0 }).result == Spread(count: 0, mean: nil, squares: 0))
  }

  @Test func `the least and the greatest pass over what is no number`() {
    let numbers = [Double.nan, 3, .nan, -2, .infinity, .nan]
    for cut in 0...numbers.count {
      #expect(Min<Double, Double>(of: { $0 }).result(of: numbers, cutAt: cut) == -2)
      #expect(Max<Double, Double>(of: { $0 }).result(of: numbers, cutAt: cut) == .infinity)
      #expect(Minimum<Double, Double>(by: { $0 }).result(of: numbers, cutAt: cut) == -2)
      #expect(Maximum<Double, Double>(by: { $0 }).result(of: numbers, cutAt: cut) == .infinity)
    }
    #expect(Min<Double, Double>(of: { $0 }).result(of: [.nan]) == nil)
    #expect(Maximum<Double, Double>(by: { $0 }).result(of: [.nan]) == nil)
  }

  @Test func `of elements with the same extreme the first is kept`() {
    let words = ["bb", "a", "c", "dd", "ee"]
    for cut in 0...words.count {
      #expect(Minimum<String, Int>(by: \.count).result(of: words, cutAt: cut) == "a")
      #expect(Maximum<String, Int>(by: \.count).result(of: words, cutAt: cut) == "bb")
    }
  }

  @Test func `first and last go by arrival, earliest and latest by time`() {
    func sample(_ time: Int64, _ key: String) -> Sample {
      Sample(milliseconds: time, number: 0, whole: 0, key: key)
    }
    let samples = [sample(5, "a"), sample(1, "b"), sample(9, "c"), sample(1, "d"), sample(9, "e")]
    for cut in 0...samples.count {
      func last<A: Aggregate<Sample, String?>>(_ aggregate: A) -> String? {
        aggregate.result(of: samples + [sample(3, "f")], cutAt: cut)
      }
      #expect(last(First(of: \.key)) == "a")
      #expect(last(Last(of: \.key)) == "f")
      #expect(last(Earliest(of: \.key, at: \.time)) == "b")
      #expect(last(Latest(of: \.key, at: \.time)) == "e")
    }
  }
}

@Suite struct MomentTests {
  @Test func `a mean does not gather rounding errors`() {
    let mean = Mean<Double, Double>(of: { $0 })
    let numbers = [1e16] + Array(repeating: 1, count: 1_000) + [-1e16]
    #expect(mean.result(of: numbers) == 1_000.0 / 1_002)
    #expect(mean.result(of: numbers, cutAt: 700) == 1_000.0 / 1_002)
    #expect(mean.result(of: Array(repeating: 0.1, count: 100_000)) == 0.1)
  }

  @Test func `a mean of infinity is infinite, of both infinities and of no number none`() {
    let mean = Mean<Double, Double>(of: { $0 })
    #expect(mean.result(of: [1, .infinity, 2]) == .infinity)
    #expect(mean.result(of: [.greatestFiniteMagnitude, .greatestFiniteMagnitude]) == .infinity)
    #expect(mean.result(of: [.infinity, -.infinity])?.isNaN == true)
    #expect(mean.result(of: [1, .nan, 2], cutAt: 1)?.isNaN == true)
  }

  @Test func `a variance is that of two passes, also far from zero`() {
    for seed in 0..<50 {
      var random = SeededGenerator(seed)
      let count = Int.random(in: 1...300, using: &random)
      let offset: Double = [0, 1e6, -1e9].randomElement(using: &random) ?? 0
      let numbers = (0..<count).map { _ in offset + Double.random(in: -5...5, using: &random) }
      let mean = numbers.reduce(0, +) / Double(count)
      let squares: Double = numbers.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
      let cut = Int.random(in: 0...count, using: &random)
      let spread = Variance<Double, Double>(of: { $0 }).result(of: numbers, cutAt: cut)
      #expect(isClose(spread.mean, mean))
      #expect(isClose(spread.population, squares / Double(count), within: 1e-6))
      #expect(isClose(spread.sample, count < 2 ? nil : squares / Double(count - 1), within: 1e-6))
    }
  }

  @Test func `a spread of one number has no sample variance`() {
    let one = Variance<Int, Int>(of: { $0 }).result(of: [7])
    #expect(one == Spread(count: 1, mean: 7, squares: 0))
    #expect((one.population, one.sample, one.deviation) == (0, nil, nil))
    let two = Variance<Int, Int>(of: { $0 }).result(of: [2, 4, 4, 4, 5, 5, 7, 9])
    #expect((two.mean, two.population) == (5, 4))
    #expect(isClose(two.deviation, (32.0 / 7).squareRoot()))
  }

  @Test func `what is no number or infinite leaves no variance`() {
    let variance = Variance<Double, Double>(of: { $0 })
    #expect(variance.result(of: [1, .nan, 2]).population?.isNaN == true)
    #expect(variance.result(of: [1, 2, .infinity], cutAt: 1).population?.isNaN == true)
  }

  @Test func `a sum of infinities and of no number follows the arithmetic`() {
    let sum = Sum<Double, Double>(of: { $0 })
    #expect(sum.result(of: [1, .infinity]) == .infinity)
    #expect(sum.result(of: [.infinity, -.infinity]).isNaN)
    #expect(sum.result(of: [1, .nan]).isNaN)
  }
}

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
