// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

/// Holds back each value for three milliseconds, one at a time, and gives out `!` at the end.
private struct Delay: Operator {
  var held: (value: Character, until: Timestamp)?
  var dropped: UInt64 = 0

  mutating func receive(_ value: Character, at now: Timestamp, _ emit: (Character) -> Void) {
    if held == nil { held = (value, now + .milliseconds(3)) } else { dropped += 1 }
  }

  var deadline: Timestamp { held?.until ?? .never }

  mutating func fire(at now: Timestamp, _ emit: (Character) -> Void) {
    if let held { emit(held.value) }
    held = nil
  }

  mutating func finish(at now: Timestamp, _ emit: (Character) -> Void) {
    emit("!")
  }

  var stages: [StageStatistics] { [StageStatistics("delay", ["dropped": dropped])] }
}

@Suite struct MarblesTests {
  @Test(arguments: ["", "a", "-", "|", "ab-c|", "--a--", "(ab)-(c|)", "(abc)(de)"])
  func `the notation reads back`(text: String) {
    #expect(Marbles(text).description == text)
  }

  @Test func `each character is a millisecond`() {
    let marbles: Marbles = "ab-(cd)|"
    #expect(marbles.steps == [["a"], ["b"], [], ["c", "d"], []])
    #expect(marbles.isEnded)
    #expect(Marbles("a-").steps == [["a"], []])
    #expect(!Marbles("a-").isEnded)
  }

  @Test func `a needless group and spaces mean nothing`() {
    #expect(Marbles("(a) b(-)") == "ab-")
  }

  @Test func `values are typed by mapping`() {
    let numbers = Marbles("12-3|").map { $0.wholeNumberValue ?? 0 }
    #expect(numbers == Marbles(steps: [[1], [2], [], [3], []], isEnded: true))
    #expect(numbers.through { $0 } == numbers)
  }

  @Test func `deadlines fire at their own millisecond`() {
    #expect(Marbles("a------").through(Delay()) == "---a---")
    #expect(Marbles("ab-c---").through(Delay()) == "---a---")
    #expect(Marbles("a---b---|").through(Delay()) == "---a---b(!|)")
  }

  @Test func `the elements of an instant come before its deadline`() {
    #expect(Marbles("a--bc---").through(Delay()) == "---a---c")
  }

  @Test func `no time passes behind the last step`() {
    #expect(Marbles("a--").through(Delay()) == "---")
    #expect(Marbles("a--|").through(Delay()) == "---(a!|)")
  }
}
