// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What every aggregate promises, checked with one.
struct AggregateLaws<A: Aggregate> where A.Input == Sample {
  let empty: A
  /// Whether parts may be merged in any order.
  var isCommutative = true
  /// Whether parts may be divided in any way; if not, only what doesn't divide is checked.
  var isDivisible = true
  let isSame: (A.Result, A.Result) -> Bool

  func check(seeds: Range<Int> = 0..<40) {
    for seed in seeds {
      var random = SeededGenerator(seed)
      let samples = Sample.random(Int.random(in: 0...150, using: &random), using: &random)
      let whole = aggregate(samples)
      checkIdentity(whole, seed)
      checkRestoring(samples, whole, seed, &random)
      checkDamage(whole, samples, &random)
      guard isDivisible else { continue }
      checkMerging(samples, whole, seed, &random)
    }
  }

  private func aggregate(_ samples: some Sequence<Sample>) -> A {
    var aggregate = empty
    for sample in samples { aggregate.add(sample) }
    return aggregate
  }

  private func expectSame(_ left: A, _ right: A, _ law: String, _ seed: Int) {
    let (left, right) = (left.result, right.result)
    #expect(isSame(left, right), "\(A.self), \(law), seed \(seed): \(left) is not \(right)")
  }

  private func merged(_ left: A, _ right: A) -> A {
    var left = left
    left.merge(right)
    return left
  }

  private func checkIdentity(_ whole: A, _ seed: Int) {
    expectSame(merged(empty, whole), whole, "empty on the left", seed)
    expectSame(merged(whole, empty), whole, "empty on the right", seed)
    expectSame(merged(empty, empty), empty, "both empty", seed)
  }

  /// Cuts anywhere, merges neighbours in any grouping, and parts in any order.
  private func checkMerging(
    _ samples: [Sample],
    _ whole: A,
    _ seed: Int,
    _ random: inout SeededGenerator
  ) {
    var parts = [empty]
    for sample in samples {
      if Int.random(in: 0..<12, using: &random) == 0 { parts.append(empty) }
      parts[parts.count - 1].add(sample)
    }
    let shuffled = parts.shuffled(using: &random)
    while parts.count > 1 {
      let index = Int.random(in: 0..<parts.count - 1, using: &random)
      parts[index].merge(parts.remove(at: index + 1))
    }
    expectSame(parts[0], whole, "associative", seed)
    guard isCommutative else { return }
    expectSame(shuffled.reduce(empty, merged), whole, "commutative", seed)
  }

  /// Writes the state down after some elements, goes on from it, and merges it.
  private func checkRestoring(
    _ samples: [Sample],
    _ whole: A,
    _ seed: Int,
    _ random: inout SeededGenerator
  ) {
    for cut in [0, samples.count, Int.random(in: 0...samples.count, using: &random)] {
      let before = aggregate(samples.prefix(cut))
      do throws(StateError) {
        var restored = try restore(try bytes(of: before))
        expectSame(restored, before, "restored", seed)
        for sample in samples.dropFirst(cut) { restored.add(sample) }
        expectSame(restored, whole, "continued", seed)
        let rest = aggregate(samples.dropFirst(cut))
        let merged = merged(try restore(try bytes(of: before)), try restore(try bytes(of: rest)))
        expectSame(merged, self.merged(before, rest), "merged after restoring", seed)
      } catch {
        Issue.record("\(A.self), seed \(seed): \(error)")
      }
    }
  }

  private func bytes(of aggregate: A) throws(StateError) -> [UInt8] {
    var encoder = StateEncoder()
    try aggregate.encode(into: &encoder)
    return encoder.bytes
  }

  private func restore(_ bytes: [UInt8]) throws(StateError) -> A {
    var (decoder, aggregate) = (StateDecoder(bytes), empty)
    try aggregate.restore(from: &decoder)
    #expect(decoder.remaining == 0, "\(A.self) reads all that it has written")
    return aggregate
  }

  /// State that is cut off is refused; state that is damaged is refused or works as some state.
  private func checkDamage(_ whole: A, _ samples: [Sample], _ random: inout SeededGenerator) {
    guard let bytes = try? bytes(of: whole) else { return }
    for count in [0, 1, bytes.count / 2, bytes.count - 1] where count < bytes.count {
      var (decoder, aggregate) = (StateDecoder(Array(bytes.prefix(count))), empty)
      #expect(throws: StateError.self) { try aggregate.restore(from: &decoder) }
    }
    for _ in 0..<60 {
      var damaged = bytes
      for _ in 0...Int.random(in: 0...3, using: &random) {
        let place = damaged.indices.randomElement(using: &random) ?? 0
        damaged[place] =
          [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
          .randomElement(using: &random) ?? 0
      }
      var (decoder, aggregate) = (StateDecoder(damaged), empty)
      do { try aggregate.restore(from: &decoder) } catch { continue }
      for sample in samples.prefix(20) { aggregate.add(sample) }
      aggregate.merge(whole)
      _ = merged(whole, merged(aggregate, aggregate)).result
      _ = try? self.bytes(of: aggregate)
    }
  }
}

extension AggregateLaws where A.Result: Equatable {
  init(_ empty: A, isCommutative: Bool = true, isDivisible: Bool = true) {
    self.init(empty: empty, isCommutative: isCommutative, isDivisible: isDivisible) { $0 == $1 }
  }
}

/// Whether two numbers differ by no more than rounding.
func isClose(_ left: Double?, _ right: Double?, within error: Double = 1e-12) -> Bool {
  guard let left, let right else { return left == nil && right == nil }
  return left == right || abs(left - right) <= error * max(abs(left), abs(right), 1)
}
