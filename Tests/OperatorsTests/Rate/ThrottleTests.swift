// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

@Suite struct ThrottleTests {
  private func throttled(
    _ marbles: Marbles<Character>,
    _ milliseconds: Int,
    _ keeping: ThrottleKeeping
  ) -> Marbles<Character> {
    marbles.through { $0.throttle(for: .milliseconds(milliseconds), keeping: keeping) }
  }

  @Test func `latest gives the newest of each interval at its end`() {
    #expect(throttled("abcdef---|", 3, .latest) == "---d--f--|")
    #expect(throttled("a-------b---|", 3, .latest) == "---a-------b|")
  }

  @Test func `first gives the first at once and drops the rest of the interval`() {
    #expect(throttled("abcdef---|", 3, .first) == "a---e----|")
    #expect(throttled("(abc)---d|", 3, .first) == "a---d|")
  }

  @Test func `both gives the first at once and the newest at the end, if it is another`() {
    #expect(throttled("abcdef---|", 3, .both) == "a--d--f--|")
    #expect(throttled("a---b---|", 3, .both) == "a---b---|")
    #expect(throttled("(ab)------|", 3, .both) == "a--b---|")
  }

  @Test func `an interval ends behind the elements of its last instant`() {
    #expect(throttled("a--b---|", 3, .latest) == "---b---|")
    #expect(throttled("a---b---|", 3, .latest) == "---a--b-|")
  }

  @Test func `the last element is never lost`() {
    #expect(throttled("ab|", 9, .latest) == "--(b|)")
    #expect(throttled("ab|", 9, .both) == "a-(b|)")
    #expect(throttled("a|", 9, .both) == "a|")
    #expect(throttled("(ab|)", 9, .latest) == "(b|)")
    #expect(throttled("|", 9, .latest) == "|")
  }

  @Test func `each key has intervals of its own`() {
    let result = Marbles("aAbBcC------|").through {
      $0.throttle(for: .milliseconds(4), by: { $0.isUppercase }, keeping: .both)
    }
    #expect(result == "aA--cC------|")
  }

  @Test(arguments: [ThrottleKeeping.first, .latest, .both])
  func `random streams are throttled as the definitions say`(keeping: ThrottleKeeping) {
    for seed in 0..<100 {
      var random = SeededGenerator(seed)
      let length = Int.random(in: 1...9, using: &random)
      let steps = (0..<50).map { _ in
        (0..<Int.random(in: 0...2, using: &random)).map { _ in
          Int.random(in: 0..<60, using: &random)
        }
      }
      let result = Marbles(steps: steps, isEnded: true).through {
        $0.throttle(for: .milliseconds(length), by: { $0 % 3 }, keeping: keeping)
      }
      for key in 0..<3 {
        let own = steps.map { $0.filter { $0 % 3 == key } }
        let expected = ThrottleOracle(length: length, keeping: keeping).outputs(of: own)
        let found = result.steps.map { $0.filter { $0 % 3 == key } }
        #expect(found == expected, "seed \(seed), key \(key)")
      }
    }
  }

  @Test func `nothing is kept of keys that are silent`() {
    var throttle = Throttle<Int, Int>(for: .milliseconds(10), by: { $0 }, keeping: .both)
    var random = SeededGenerator(1)
    var given = 0
    for step in 0..<5_000 {
      let now = Timestamp(milliseconds: Int64(step))
      while throttle.deadline < now {
        throttle.fire(at: throttle.deadline) { _ in }
        while throttle.isPending { throttle.resume(at: now, room: 1) { _ in given += 1 } }
      }
      throttle.receive(Int.random(in: 0..<2_000, using: &random), at: now) { _ in given += 1 }
    }
    #expect(throttle.intervals.count <= 22)
    #expect(throttle.intervals.slots.count <= 22)
    throttle.finish(at: 5_000) { _ in }
    while throttle.isPending { throttle.resume(at: 5_000, room: 3) { _ in given += 1 } }
    #expect(throttle.intervals.slots.isEmpty)
    #expect(throttle.intervals.count == 0)
    #expect(throttle.deadline == .never)
    #expect(UInt64(given) + throttle.stages[0]["conflated"] == 5_000)
  }

  @Test func `beyond the limit of keys the interval that ends first gives way, and loses nothing`()
  {
    func throttled(_ keeping: ThrottleKeeping) -> Marbles<Character> {
      Marbles("aABbcC----|").through {
        $0.throttle(
          for: .milliseconds(4),
          by: { $0.lowercased() },
          keeping: keeping,
          keys: KeyLimit(1)
        )
      }
    }
    #expect(throttled(.both) == "a-(AB)-(bc)---C-|")
    #expect(throttled(.latest) == "--A-b---C-|")
    #expect(throttled(.first) == "a-B-c-----|")
  }

  @Test func `elements of keys for which there is no room are refused and counted`() {
    var throttle = Throttle<Int, Int>(
      for: .milliseconds(5),
      by: { $0 },
      keeping: .first,
      keys: KeyLimit(2, overflow: .refuse)
    )
    var given: [Int] = []
    for value in [1, 2, 3, 1, 3] { throttle.receive(value, at: 0) { given.append($0) } }
    #expect(given == [1, 2])
    #expect(throttle.stages[0]["refused"] == 2)
    #expect(throttle.stages[0]["conflated"] == 1)
  }

  @Test(arguments: [ThrottleKeeping.first, .latest, .both], [1, 2, 100])
  func `a cut anywhere changes nothing`(keeping: ThrottleKeeping, keys: Int) {
    for seed in 0..<4 {
      CutTest(RateLog(seed).happenings, room: 1 + seed % 3) {
        Throttle<Int, Int>(
          for: .milliseconds(5),
          by: { $0 % 3 },
          keeping: keeping,
          keys: KeyLimit(keys)
        )
      }
      .expectSameWhereverCut()
    }
  }

  @Test(arguments: [ThrottleKeeping.first, .latest, .both], [2, 100])
  func `batches and rooms change nothing`(keeping: ThrottleKeeping, keys: Int) async throws {
    for seed in 0..<6 {
      let readings = try await RateLog(seed).readings(
        Throttle<Int, Int>(
          for: .milliseconds(4),
          by: { $0 % 5 },
          keeping: keeping,
          keys: KeyLimit(keys)
        )
      )
      for reading in readings { #expect(reading == readings[0], "seed \(seed)") }
    }
  }

  @Test func `an interval shorter than a millisecond is a mistake of the caller`() async {
    await #expect(processExitsWith: .failure) {
      _ = Topic<Int>("t").flow().throttle(for: .microseconds(999))
    }
  }
}

/// A throttle of one key by the book.
private struct ThrottleOracle {
  let length: Int
  let keeping: ThrottleKeeping

  func outputs(of steps: [[Int]]) -> [[Int]] {
    var outputs = steps.map { _ in [Int]() }
    var end: Int?
    var held: Int?
    for (step, values) in steps.enumerated() {
      for value in values {
        if end != nil {
          if keeping != .first { held = value }
        } else {
          end = step + length
          if keeping == .latest { held = value } else { outputs[step].append(value) }
        }
      }
      if end == step {
        end = held == nil ? nil : step + length
        if let value = held { outputs[step].append(value) }
        held = nil
      }
    }
    if let value = held { outputs[steps.count - 1].append(value) }
    return outputs
  }
}
