// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct RemoveDuplicatesTests {
  @Test func `an element that equals the one before it is left out`() {
    #expect(Marbles("aab-(bb)a|").through { $0.removeDuplicates() } == "a-b--a|")
    #expect(Marbles("aAbB|").through { $0.removeDuplicates { $0.isUppercase } } == "aAbB|")
    #expect(Marbles("abAB|").through { $0.removeDuplicates { $0.isUppercase } } == "a-A-|")
  }

  @Test func `a key that is nothing is a key`() {
    let result = Marbles("x1-yz1|").through { $0.removeDuplicates(by: \.wholeNumberValue) }
    #expect(result == "x1-y-1|")
  }

  @Test func `an element is left out if its key is among the last that passed`() {
    let marbles: Marbles = "abacdabd|"
    #expect(marbles.through { $0.removeDuplicates(by: { $0 }, amongLast: 9) } == "ab-cd---|")
    #expect(marbles.through { $0.removeDuplicates(by: { $0 }, amongLast: 2) } == "ab-cdabd|")
    #expect(marbles.through { $0.removeDuplicates(by: { $0 }, amongLast: 1) } == "abacdabd|")
  }

  @Test func `an element is left out if its key passed a short while ago`() {
    let result = Marbles("aaaaa-b|").through {
      $0.removeDuplicates(by: { $0 }, within: .milliseconds(3))
    }
    #expect(result == "a--a--b|")
  }

  @Test func `keys beyond the bound are forgotten and counted`() {
    var operation = RemoveRecentDuplicates<Int, Int>(by: { $0 }, amongLast: 3, within: .seconds(1))
    var passed = 0
    for value in 0..<10 { operation.receive(value % 5, at: 0) { _ in passed += 1 } }
    #expect(passed == 10)
    #expect(operation.stages[0]["forgotten"] == 7)
    #expect(operation.stages[0]["keys"] == 3)
    operation.receive(4, at: 0) { _ in passed += 1 }
    #expect(passed == 10 && operation.stages[0]["dropped"] == 1)
    operation.receive(9, at: 1_000) { _ in }
    #expect(operation.stages[0]["keys"] == 1)
  }

  @Test func `random streams lose the duplicates that the definitions say`() async throws {
    try await OperatorLaws.expect { flow in
      flow.removeDuplicates { $0 % 3 }
    } gives: { steps in
      steps.joined().reduce(into: []) { if $0.last.map({ $0 % 3 }) != $1 % 3 { $0.append($1) } }
    }
    try await OperatorLaws.expect { flow in
      flow.removeDuplicates(by: { $0 % 9 }, amongLast: 5)
    } gives: { steps in
      steps.joined().reduce(into: []) { passed, value in
        if !passed.suffix(5).contains(where: { $0 % 9 == value % 9 }) { passed.append(value) }
      }
    }
    try await OperatorLaws.expect { flow in
      flow.removeDuplicates(by: { $0 % 9 }, within: .milliseconds(10))
    } gives: { steps in
      var last: [Int: Int] = [:]
      return steps.enumerated().flatMap { step, values in
        values.filter { value in
          guard last[value % 9].map({ step - $0 >= 10 }) ?? true else { return false }
          last[value % 9] = step
          return true
        }
      }
    }
  }
}
