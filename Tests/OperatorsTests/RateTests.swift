// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct RateTests {
  private let rate = Rate<Int64, Int>(
    at: { Timestamp(milliseconds: $0) },
    halfLife: .milliseconds(500)
  )

  @Test func `one element counts half after each half-life`() {
    let found = rate.result(of: [1_000])
    #expect((found.weight, found.latest) == (1, 1_000))
    // ln 2 / 0.5 s
    #expect(isClose(found.perSecond, 1.386_294_361_119_890_6))
    #expect(isClose(found.perSecond(at: 1_500), found.perSecond / 2))
    #expect(isClose(found.perSecond(at: 4_000), found.perSecond / 64))
    #expect(isClose(found.perSecond(at: 1_250), found.perSecond / 2.0.squareRoot()))
    #expect(found.perSecond(at: 0) == found.perSecond)
  }

  @Test func `steady elements come to their rate`() {
    let every20 = (0..<1_000).map { Int64($0 * 20) }
    #expect(abs(rate.result(of: every20).perSecond - 50) < 1)
    let young = rate.result(of: every20.filter { $0 <= 500 })
    #expect(abs(young.perSecond - 25) < 1.5)
  }

  @Test func `the order of elements makes no difference`() {
    for seed in 0..<20 {
      var random = SeededGenerator(seed)
      let times = (0..<60).map { _ in Int64.random(in: -3_000...3_000, using: &random) }
      let expected = rate.result(of: times.sorted())
      let found = rate.result(of: times, cutAt: Int.random(in: 0...60, using: &random))
      #expect(found.latest == expected.latest && isClose(found.weight, expected.weight))
    }
  }

  @Test func `a number of each element is summed up`() {
    let bytes = Rate<Sample, Double>(of: \.number, at: \.time, halfLife: .seconds(1))
    let samples = [(0, 100.0), (1_000, 10)].map {
      Sample(milliseconds: $0.0, number: $0.1, whole: 0, key: "")
    }
    #expect(isClose(bytes.result(of: samples).weight, 60))
  }

  @Test func `instants at the ends of time are safe`() {
    let ends = rate.result(of: [.min, .max, .min, 0, .max])
    #expect((ends.weight, ends.latest) == (2, .never))
    let slow = Rate<Int64, Int>(
      at: { Timestamp(milliseconds: $0) },
      halfLife: .milliseconds(Int64.max)
    )
    #expect(isClose(slow.result(of: [.min, .max]).weight, 1.25, within: 1e-9))
    #expect(rate.result.perSecond(at: 5) == 0)
    #expect(rate.result.latest == .distantPast)
  }

  @Test func `a decay is that of repeated halving and roots`() {
    for step in 0..<2_000 {
      let elapsed = Int64(step * 7)
      // 2^(−elapsed/512) by square roots: exact to some roundings.
      var (expected, root, rest) = (1.0, 0.5, elapsed)
      for _ in 0..<(rest >> 9) { expected *= 0.5 }
      rest &= 511
      for bit in (0..<9).reversed() {
        root = root.squareRoot()
        if rest >> bit & 1 == 1 { expected *= root }
      }
      let rate = DecayedRate(weight: 1, latest: 0, halfLife: .milliseconds(512))
      let share = rate.perSecond(at: Timestamp(milliseconds: elapsed)) / rate.perSecond
      #expect(abs(share - expected) <= 4e-15 * expected)
    }
  }
}
