// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

@Suite struct RateLimitTests {
  private static let excesses: [RateExcess] = [
    .drop,
    .hold(QueueLimit(3, overflow: .dropNewest)),
    .hold(QueueLimit(3, overflow: .dropOldest)),
    .hold(QueueLimit(3, overflow: .release)),
    .hold(QueueLimit(1_000, overflow: .dropNewest)),
  ]

  private func limited(
    _ marbles: Marbles<Character>,
    _ count: Int,
    per period: Int,
    burst: Int? = nil,
    _ excess: RateExcess = .drop
  ) -> Marbles<Character> {
    marbles.through {
      $0.rateLimit(count, per: .milliseconds(period), burst: burst, excess: excess)
    }
  }

  @Test func `a burst passes at once, then as many as tokens come`() {
    #expect(limited("(abc)defghi-|", 2, per: 4) == "(ab)-e-g-i-|")
    #expect(limited("abcdef|", 1, per: 3) == "a--d--|")
    #expect(limited("abcdef|", 3, per: 1) == "abcdef|")
  }

  @Test func `a burst may be larger or smaller than what comes in a period`() {
    #expect(limited("(abcd)efgh-|", 1, per: 4, burst: 3) == "(abc)---h-|")
    #expect(limited("(abcd)--(ef)|", 4, per: 4, burst: 1) == "a--e|")
  }

  @Test func `a silence fills the bucket, but not beyond the burst`() {
    #expect(limited("(ab)-----------(cdef)|", 2, per: 4) == "(ab)-----------(cd)|")
  }

  @Test func `what is held comes out as tokens come, in order`() {
    let hold = RateExcess.hold(QueueLimit(9, overflow: .dropNewest))
    #expect(limited("(abcd)e------------|", 1, per: 3, hold) == "a--b--c--d--e-|")
    #expect(limited("(abcdef)---|", 2, per: 1, hold) == "(ab)(cd)(ef)-|")
    #expect(limited("(abcd)e|", 1, per: 3, hold) == "a-(bcde|)")
  }

  @Test func `a full queue does what its limit says`() {
    func held(_ overflow: QueueLimit.Overflow) -> Marbles<Character> {
      limited("(abcd)------|", 1, per: 2, .hold(QueueLimit(2, overflow: overflow)))
    }
    #expect(held(.dropNewest) == "a-b-c--|")
    #expect(held(.dropOldest) == "a-c-d--|")
    #expect(held(.release) == "(ab)-c-d--|")
  }

  @Test(arguments: excesses, [(1, 3, 1), (2, 3, 4), (5, 2, 3), (3, 7, 2)])
  func `random streams are limited as the definition says`(
    excess: RateExcess,
    rate: (count: Int, period: Int, burst: Int)
  ) {
    for seed in 0..<30 {
      let log = RateLog(seed)
      let found = log.marbles.through {
        $0.rateLimit(
          rate.count,
          per: .milliseconds(rate.period),
          burst: rate.burst,
          by: { $0 % 3 },
          excess: excess
        )
      }
      for key in 0..<3 {
        let oracle = RateOracle(rate.count, rate.period, rate.burst, excess)
        let expected = oracle.outputs(of: log.steps.map { $0.filter { $0 % 3 == key } })
        let own = found.steps.map { $0.filter { $0 % 3 == key } }
        #expect(own == expected, "seed \(seed), key \(key)")
      }
    }
  }

  @Test(arguments: excesses, [2, 100])
  func `neither cuts nor batches nor rooms change anything`(
    excess: RateExcess,
    keys: Int
  ) async throws {
    for seed in 0..<4 {
      let limit = RateLimit<Int, Int>(
        2,
        per: .milliseconds(5),
        burst: 2,
        by: { $0 % 4 },
        excess: excess,
        keys: KeyLimit(keys)
      )
      CutTest(RateLog(seed).happenings, room: 1 + seed % 3) { limit }.expectSameWhereverCut()
      let readings = try await RateLog(seed).readings(limit)
      for reading in readings { #expect(reading == readings[0], "seed \(seed)") }
    }
  }

  @Test(arguments: excesses)
  func `keys whose bucket is full are forgotten, and nothing gets lost uncounted`(
    excess: RateExcess
  ) {
    var limit = RateLimit<Int, Int>(
      1,
      per: .milliseconds(10),
      burst: 1,
      by: { $0 },
      excess: excess,
      keys: KeyLimit(40)
    )
    var random = SeededGenerator(3)
    var given = 0
    for step in 0..<5_000 {
      let now = Timestamp(milliseconds: Int64(step))
      while limit.deadline < now {
        limit.fire(at: limit.deadline) { _ in given += 1 }
        while limit.isPending { limit.resume(at: now, room: 1) { _ in given += 1 } }
      }
      limit.receive(Int.random(in: 0..<2_000, using: &random), at: now) { _ in given += 1 }
      while limit.isPending { limit.resume(at: now, room: 1) { _ in given += 1 } }
      #expect(limit.lanes.count <= 14)
    }
    #expect(limit.stages[0]["releasedKeys"] == 0)
    limit.finish(at: 5_000) { _ in }
    while limit.isPending { limit.resume(at: 5_000, room: 3) { _ in given += 1 } }
    #expect(given + Int(limit.stages[0]["dropped"]) == 5_000)
    #expect(limit.lanes.count == 0 && !limit.isPending)
  }

  @Test func `a key that gives way gives out what waits of it first`() {
    var limit = RateLimit<Int, Int>(
      1,
      per: .milliseconds(10),
      burst: 1,
      by: { $0 / 10 },
      excess: .hold(QueueLimit(5, overflow: .dropNewest)),
      keys: KeyLimit(1)
    )
    var given: [Int] = []
    for value in [10, 11, 12, 20, 21] {
      limit.receive(value, at: 0) { given.append($0) }
      while limit.isPending { limit.resume(at: 0, room: 1) { given.append($0) } }
    }
    #expect(given == [10, 11, 12, 20])
    #expect(limit.stages[0]["releasedKeys"] == 1)
  }

  @Test func `time beyond every clock does no harm`() {
    var limit = RateLimit<Int, NoKey>(
      .max / 8,
      per: .milliseconds(1_000),
      burst: 1_000_000_000,
      by: { _ in NoKey() },
      excess: .drop,
      keys: .standard
    )
    var given = 0
    for instant in [.distantPast, 0, Timestamp(milliseconds: .max - 1)] as [Timestamp] {
      for _ in 0..<3 { limit.receive(1, at: instant) { _ in given += 1 } }
    }
    #expect(given == 9)
  }

  @Test func `a limit that lets nothing through is a mistake of the caller`() async {
    await #expect(processExitsWith: .failure) {
      _ = Topic<Int>("t").flow().rateLimit(0, per: .seconds(1))
    }
    await #expect(processExitsWith: .failure) {
      _ = Topic<Int>("t").flow().rateLimit(1, per: .seconds(1), burst: .max)
    }
  }
}

/// A token bucket of one key by the book: adds what comes at each millisecond.
private struct RateOracle {
  let count: Int
  let token: Int
  let full: Int
  let excess: RateExcess

  init(_ count: Int, _ period: Int, _ burst: Int, _ excess: RateExcess) {
    (self.count, token, full) = (count, period, burst * period)
    self.excess = excess
  }

  func outputs(of steps: [[Int]]) -> [[Int]] {
    var outputs = steps.map { _ in [Int]() }
    var level = full
    var queue: [Int] = []
    for (now, values) in steps.enumerated() {
      if now > 0 { level = min(full, level + count) }
      for value in values {
        if queue.isEmpty, level >= token {
          level -= token
          outputs[now].append(value)
        } else if case .hold(let limit) = excess {
          if queue.count < limit.count {
            queue.append(value)
          } else if limit.overflow != .dropNewest {
            let first = queue.removeFirst()
            if limit.overflow == .release { outputs[now].append(first) }
            queue.append(value)
          }
        }
      }
      while !queue.isEmpty, level >= token {
        level -= token
        outputs[now].append(queue.removeFirst())
      }
    }
    outputs[steps.count - 1] += queue
    return outputs
  }
}
