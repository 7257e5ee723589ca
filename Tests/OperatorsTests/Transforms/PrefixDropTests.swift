// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct PrefixTests {
  @Test func `the first elements pass`() {
    #expect(Marbles("a-b(cd)e|").through { $0.prefix(3) } == "a-b(c|)")
    #expect(Marbles("ab|").through { $0.prefix(0) } == "|")
    #expect(Marbles("ab|").through { $0.prefix(9) } == "ab|")
  }

  @Test func `elements pass while they satisfy the condition`() {
    #expect(Marbles("abC-d|").through { $0.prefix(while: \.isLowercase) } == "ab|")
    #expect(
      Marbles("abC-d|").through { $0.prefix(includingLast: true) { !$0.isUppercase } } == "ab(C|)"
    )
  }

  @Test func `elements pass until an instant, which is not part of it`() {
    #expect(Marbles("abcde|").through { $0.prefix(until: 2) } == "ab|")
    #expect(Marbles("--cdef|").through { $0.prefix(for: .milliseconds(3)) } == "--cde|")
    #expect(Marbles("abc|").through { $0.prefix(until: .distantPast) } == "|")
    #expect(Marbles("abc|").through { $0.prefix(until: .never) } == "abc|")
  }

  @Test func `the flow ends at once, though its source goes on`() async throws {
    let topic = Topic<Int>("n")
    try await topic.publish([1, 2, 3, 4])
    var found: [Int] = []
    for try await value in topic.flow(from: .earliest).prefix(2) { found.append(value) }
    for try await value in topic.flow(from: .earliest).prefix(
      includingLast: true,
      while: { $0 != 3 }
    ) {
      found.append(value)
    }
    for try await _ in topic.flow().prefix(0) { found.append(-1) }
    #expect(found == [1, 2, 1, 2, 3])
  }

  @Test func `the flow ends in silence when its time is over`() async throws {
    let clock = ManualClock(0)
    let topic = Topic<Int>("n", clock: clock)
    try await topic.publish([1])
    let flow = topic.flow(from: .earliest).prefix(for: .milliseconds(50)).append(-1)
    var iterator = flow.makeAsyncIterator()
    #expect(try await iterator.next() == 1)
    clock.advance(to: 50)
    #expect(try await iterator.next() == -1)
    #expect(try await iterator.next() == nil)
  }

  @Test func `what stands behind gives out what it holds`() async throws {
    try await OperatorLaws.expect { flow in
      flow.prefix(10).chunked(by: 4)
    } gives: { steps in
      chunks(of: 4, Array(steps.joined().prefix(10)))
    }
  }

  @Test func `random streams are cut as collections are`() async throws {
    try await OperatorLaws.expect { flow in
      flow.flatMap { [$0, $0 + 1] }.prefix(while: { $0 != 30 }).prefix(25)
    } gives: { steps in
      let doubled: [Int] = steps.joined().flatMap { [$0, $0 + 1] }
      return Array(doubled.prefix { $0 != 30 }.prefix(25))
    }
    try await OperatorLaws.expect { flow in
      flow.prefix(until: 20)
    } gives: { steps in
      Array(steps.prefix(20).joined())
    }
    try await OperatorLaws.expect { flow in
      flow.prefix(for: .milliseconds(15))
    } gives: { steps in
      let first = steps.firstIndex { !$0.isEmpty } ?? 0
      return Array(steps.prefix(first + 15).joined())
    }
  }
}

@Suite struct DropTests {
  @Test func `the first elements are left out and counted`() {
    #expect(Marbles("a-b(cd)e|").through { $0.drop(3) } == "---de|")
    #expect(Marbles("ab|").through { $0.drop(0) } == "ab|")
    var drop = Drop<Int>(2)
    for value in 0..<5 { drop.receive(value, at: 0) { _ in } }
    #expect(drop.stages[0]["dropped"] == 2)
  }

  @Test func `elements are left out while they satisfy the condition`() {
    #expect(Marbles("abC-d|").through { $0.drop(while: \.isLowercase) } == "--C-d|")
  }

  @Test func `elements are left out until an instant, at which they pass`() {
    #expect(Marbles("abcde|").through { $0.drop(until: 2) } == "--cde|")
  }

  @Test func `random streams are cut as collections are`() async throws {
    try await OperatorLaws.expect { flow in
      flow.drop(7).drop(while: { $0 % 3 != 0 })
    } gives: { steps in
      Array(steps.joined().dropFirst(7).drop { $0 % 3 != 0 })
    }
    try await OperatorLaws.expect { flow in
      flow.drop(until: 20)
    } gives: { steps in
      Array(steps.dropFirst(20).joined())
    }
  }
}
