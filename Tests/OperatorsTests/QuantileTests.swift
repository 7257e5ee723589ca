// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct QuantileTests {
  private let fractions = [0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1]

  /// Compares each quantile with the number at its place.
  private func check(_ numbers: [Double], within error: Double, _ what: String) {
    let quantiles = Quantiles<Double, Double>(of: { $0 }, at: fractions, relativeError: error)
    let found = quantiles.result(of: numbers, cutAt: numbers.count / 3)
    let sorted = numbers.sorted()
    #expect((found.count, found.collapsed) == (numbers.count, 0))
    for (fraction, value) in zip(found.fractions, found.values) {
      let exact = sorted[Int(fraction * Double(numbers.count - 1))]
      #expect(
        abs(value - exact) <= error * abs(exact) * (1 + 1e-12),
        "\(what), \(fraction): \(value) instead of \(exact)"
      )
    }
    #expect(found.values.first == sorted.first && found.values.last == sorted.last)
  }

  @Test(arguments: [0.0005, 0.01, 0.05, 0.5])
  func `each quantile is within the relative error`(error: Double) {
    for seed in 0..<4 {
      var random = SeededGenerator(seed)
      let uniform = (0..<2_000).map { _ in Double.random(in: 0.5...50, using: &random) }
      check(uniform, within: error, "uniform")
      check(uniform.map { $0 - 20 }, within: error, "uniform around zero")
      let zipf = Zipf(10_000, halves: 2).take(2_000, using: &random)
      check(zipf.map { Double($0) }, within: error, "Zipf")
      check([uniform[0]], within: error, "one")
    }
  }

  @Test func `each quantile of numbers of any magnitude is within the relative error`() {
    for seed in 0..<6 {
      var random = SeededGenerator(seed)
      let numbers = (0..<2_000).map { _ in
        Double(
          sign: Bool.random(using: &random) ? .plus : .minus,
          exponent: Int.random(in: -20...35, using: &random),
          significand: Double.random(in: 1..<2, using: &random)
        )
      }
      check(numbers, within: 0.01, "any magnitude")
    }
  }

  /// Between a much lower and a much greater number, so that these do not bound the estimate.
  private func estimate(of number: Double, within error: Double) -> Double? {
    var sketch = QuantileSketch(relativeError: error, bucketLimit: 1 << 20)
    for factor in [0.25, 1, 4] { sketch.add(number * factor) }
    return sketch.quantile(0.5)
  }

  @Test(arguments: [0.0001, 0.001, 0.01, 0.1, 0.5])
  func `numbers all over an octave are told within the relative error`(error: Double) throws {
    for exponent in [-1_000, -1, 0, 900] {
      for step in 0..<150 {
        let significand = 1 + Double(step) / 150
        let number = Double(sign: .plus, exponent: exponent, significand: significand)
        let found = try #require(estimate(of: number, within: error))
        #expect(abs(found - number) <= error * number * (1 + 1e-12), "\(number)")
      }
    }
  }

  @Test func `powers of two and their neighbours are told within the relative error`() throws {
    for exponent in stride(from: -1_019, through: 1_020, by: 3) {
      let power = Double(sign: .plus, exponent: exponent, significand: 1)
      for number in [power.nextDown, power, power.nextUp] {
        let found = try #require(estimate(of: number, within: 0.02))
        #expect(abs(found - number) <= 0.02 * number * (1 + 1e-12))
      }
    }
  }

  @Test func `infinities stand at the ends, zeros in between, what is no number nowhere`() {
    let quantiles = Quantiles<Double, Double>(of: { $0 }, at: [0, 0.25, 0.5, 0.75, 1])
    let numbers = [
      .infinity, 0, -.infinity, .nan, -0.0, 5, -5, .leastNonzeroMagnitude, .nan,
      -.leastNonzeroMagnitude, 8,
    ]
    for cut in 0...numbers.count {
      let found = quantiles.result(of: numbers, cutAt: cut)
      #expect((found.count, found.undefined) == (9, 2))
      #expect(found[0] == -.infinity && found[1] == .infinity)
      #expect(found[0.25] == 0 && found[0.5] == 0)
      #expect(isClose(found[0.75], 5, within: 0.01))
    }
    #expect(quantiles.result(of: [.nan]).values.isEmpty)
    #expect(quantiles.result(of: [0, 0])[0.5] == 0)
    let extremes = [Double.leastNormalMagnitude, .greatestFiniteMagnitude]
    #expect(quantiles.result(of: extremes)[0] == .leastNormalMagnitude)
    #expect(quantiles.result(of: extremes)[1] == .greatestFiniteMagnitude)
  }

  @Test func `nothing has no quantiles, and only those asked for are told`() {
    let quantiles = Quantiles<Int, Int>(of: { $0 }, at: [0.5])
    #expect(quantiles.result.values.isEmpty)
    #expect(quantiles.result[0.5] == nil)
    #expect(quantiles.result(of: [3])[0.5] == 3)
    #expect(quantiles.result(of: [3])[0.9] == nil)
  }

  @Test func `beyond the limit the numbers nearest to zero collapse, the others stay exact`() {
    for seed in 0..<6 {
      var random = SeededGenerator(seed)
      let numbers = (0..<1_000).map { _ in
        Double(sign: .plus, exponent: Int.random(in: 0...40, using: &random), significand: 1.3)
      }
      let quantiles = Quantiles<Double, Double>(
        of: { $0 },
        at: [0.01, 0.9, 0.95],
        relativeError: 0.05,
        bucketLimit: 64
      )
      let whole = quantiles.result(of: numbers)
      #expect(whole.collapsed > 500 && whole.count == 1_000)
      let sorted = numbers.sorted()
      for fraction in [0.9, 0.95] {
        #expect(isClose(whole[fraction], sorted[Int(fraction * 999)], within: 0.05))
      }
      // However they come and are divided, the same numbers collapse.
      #expect(quantiles.result(of: sorted) == whole)
      #expect(quantiles.result(of: sorted.reversed()) == whole)
      for cut in [1, 300, 999] {
        #expect(quantiles.result(of: sorted, cutAt: cut) == whole)
        #expect(quantiles.result(of: numbers, cutAt: cut) == whole)
      }
      let lost = sorted.prefix(whole.collapsed)
      let kept = sorted.dropFirst(whole.collapsed)
      #expect((lost.last ?? 0) < (kept.first ?? 0))
    }
  }

  @Test func `a number far above all others leaves them collapsed and bounded`() {
    let quantiles = Quantiles<Double, Double>(of: { $0 }, at: [0, 0.5, 1], bucketLimit: 16)
    let found = quantiles.result(of: [1, 2, 3, 1e300])
    #expect(found.collapsed == 3)
    #expect(found[0] == 1 && found[1] == 1e300)
    #expect(quantiles.result(of: [1e300, 1, 2, 3]) == found)
    let below = quantiles.result(of: [-1, -2, -3, -1e300])
    #expect((below.collapsed, below[0], below[1]) == (3, -1e300, -1))
  }
}
