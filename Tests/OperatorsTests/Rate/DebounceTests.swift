// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct DebounceTests {
  private func debounced(_ marbles: Marbles<Character>, _ quiet: Int) -> Marbles<Character> {
    marbles.through { $0.debounce(for: .milliseconds(quiet)) }
  }

  @Test func `the newest comes out behind a silence`() {
    #expect(debounced("-a--bc--d---|", 2) == "---a---c--d-|")
    #expect(debounced("(abc)----|", 3) == "---c-|")
  }

  @Test func `an element at the instant at which the silence would be over goes on with it`() {
    #expect(debounced("a--b---|", 3) == "------b|")
    #expect(debounced("a---b---|", 3) == "---a---b|")
  }

  @Test func `the last element is never lost`() {
    #expect(debounced("abc|", 9) == "---(c|)")
    #expect(debounced("(ab|)", 9) == "(b|)")
    #expect(debounced("|", 9) == "|")
  }

  @Test func `a flow that never rests is seen each time it has waited long enough`() {
    let result = Marbles("abcdefghij----|").through {
      $0.debounce(for: .milliseconds(2), maxWait: .milliseconds(4))
    }
    #expect(result == "----e----j----|")
  }

  @Test func `each key has silences of its own`() {
    let result = Marbles("aAbBcC------|").through {
      $0.debounce(for: .milliseconds(3), by: \.isUppercase)
    }
    #expect(result == "-------cC---|")
  }

  @Test func `time that goes on beyond every clock does no harm`() {
    var debounce = Topic<Int>("t").flow().debounce(
      for: .seconds(Int64.max),
      maxWait: .seconds(Int64.max)
    ).chain
    debounce.receive(1, at: Timestamp(milliseconds: .max - 1)) { _ in }
    #expect(debounce.deadline == .never)
  }

  @Test func `a silence that can't be told, or is longer than the wait, is a mistake`() async {
    await #expect(processExitsWith: .failure) {
      _ = Topic<Int>("t").flow().debounce(for: .microseconds(999))
    }
    await #expect(processExitsWith: .failure) {
      _ = Topic<Int>("t").flow().debounce(for: .seconds(2), maxWait: .seconds(1))
    }
  }
}

@Suite struct AuditTests {
  @Test func `the newest comes out at the end of an interval that the first began`() {
    let result = Marbles("-a-x-y----b---x-cx---|").through { $0.audit(for: .milliseconds(5)) }
    #expect(result == "------y--------x-----(x|)")
  }

  @Test func `the last element is never lost`() {
    #expect(Marbles("ab|").through { $0.audit(for: .milliseconds(5)) } == "--(b|)")
  }

  @Test func `unlike throttled ones, outputs may follow each other at once`() {
    let audited = Marbles("abc-d----|").through { $0.audit(for: .milliseconds(3)) }
    #expect(audited == "---c---d-|")
    let throttled = Marbles("abc-d----|").through { $0.throttle(for: .milliseconds(3)) }
    #expect(throttled == "---c--d--|")
  }
}

@Suite struct SampleTests {
  private func sampled(_ marbles: Marbles<Character>, _ offset: Int = 0) -> Marbles<Character> {
    marbles.through { $0.sample(every: .milliseconds(4), offset: .milliseconds(offset)) }
  }

  @Test func `the newest since the last instant comes out at the next`() {
    #expect(sampled("-ab--c------|") == "----b---c---|")
    #expect(sampled("-ab--c------|", 3) == "---b---c----|")
    #expect(sampled("-ab--c------|", -1) == sampled("-ab--c------|", 3))
  }

  @Test func `an element at an instant of the grid belongs to it`() {
    #expect(sampled("a---b---c|") == "a---b---c|")
  }

  @Test func `what came after the last instant is given out at the end`() {
    #expect(sampled("-ab--c|") == "----b-(c|)")
  }

  @Test func `the grid is that of the epoch, before it too`() {
    var sample = Topic<Int>("t").flow().sample(every: .milliseconds(4), offset: .milliseconds(1))
      .chain
    for (instant, expected) in [(-9, -7), (-7, -7), (-6, -3), (-1, 1), (0, 1), (1, 1), (2, 5)] {
      sample.receive(1, at: Timestamp(milliseconds: Int64(instant))) { _ in }
      #expect(sample.deadline == Timestamp(milliseconds: Int64(expected)))
      sample.fire(at: sample.deadline) { _ in }
      sample.resume(at: sample.deadline, room: 1) { _ in }
    }
    sample.receive(1, at: Timestamp(milliseconds: .max - 1)) { _ in }
    #expect(sample.deadline > Timestamp(milliseconds: .max - 1))
  }
}

@Suite struct ConflateTests {
  @Test func `what comes within an interval is merged in its order`() {
    let numbers = Marbles("12-3--4-(56)--|").map { String($0) }
    let result = numbers.through { $0.conflate(within: .milliseconds(4)) { $0 += $1 } }
    #expect(result.steps.joined().map { $0 } == ["123", "456"])
    #expect(result.steps[4] == ["123"] && result.steps[10] == ["456"])
  }

  @Test func `nothing is lost at the end`() {
    let sum = Marbles("12|").map { $0.wholeNumberValue ?? 0 }
      .through { $0.conflate(within: .seconds(1)) { $0 += $1 } }
    #expect(sum.steps == [[], [], [3]])
  }

  @Test func `each key is merged by itself`() {
    let result = Marbles("aAbB----|").map { String($0) }.through {
      $0.conflate(within: .milliseconds(4), by: { $0 == $0.uppercased() }) { $0 += $1 }
    }
    #expect(result.steps[4] == ["ab"] && result.steps[5] == ["AB"])
  }
}
