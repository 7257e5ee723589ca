// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Groups against flows of their own for each key.
@Suite struct GroupedLawTests {
  /// Checks that each key gets what a flow of its elements alone gives.
  private func expectAlone<Inner: Operator>(
    _ operators: @escaping @Sendable (Flow<Identity<Int>>) -> Flow<Inner>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) where Inner.Input == Int, Inner.Output: Equatable {
    for seed in 0..<60 {
      let steps = RateLog(seed).steps
      let result = Marbles(steps: steps, isEnded: true).through { flow in
        flow.grouped(by: { $0 % 5 }, operators)
      }
      for key in 0..<5 {
        let own = Marbles(steps: steps.map { $0.filter { $0 % 5 == key } }, isEnded: true)
        let expected = own.through(operators)
        let found = result.steps.map { $0.filter { $0.key == key }.map(\.value) }
        // Alone it may end before the others do.
        let rest = Array(repeating: [Inner.Output](), count: found.count - expected.steps.count)
        #expect(
          found == expected.steps + rest,
          "seed \(seed), \(key)",
          sourceLocation: sourceLocation
        )
      }
    }
  }

  @Test func `each key gets what it would get alone`() {
    expectAlone { $0.chunked(by: 3, within: .milliseconds(6)) }
    expectAlone { $0.debounce(for: .milliseconds(3)).flatMap { [$0, $0, $0] } }
    expectAlone { $0.throttle(for: .milliseconds(5), by: { $0 % 2 }, keeping: .both) }
    expectAlone { $0.prefix(for: .milliseconds(20)).scan(0) { $0 += $1 } }
    expectAlone { $0.flatMap { 0..<($0 % 4) }.prefix(5) }
    expectAlone { $0.sample(every: .milliseconds(4)) }
  }

  @Test func `each key's windows are those it would have alone`() {
    expectAlone { flow in
      flow.window(.tumbling(.milliseconds(10))) { Timestamp(milliseconds: Int64($0)) }
        .aggregate { Count() }.map { [$0.start.milliseconds, Int64($0.value)] }
    }
  }

  @Test func `groups give the same whatever the batches, and wherever they are cut`() async throws {
    for (maximumKeys, idle) in [(100, 100), (2, 100), (100, 4), (3, 6)] {
      let make = { @Sendable (flow: Flow<Identity<Int>>) in
        flow.grouped(
          by: { $0 % 5 },
          maximumKeys: maximumKeys,
          idleFor: .milliseconds(idle)
        ) { group in
          group.chunked(by: 3, within: .milliseconds(5)).flatMap { $0 }.append(-1, -2)
        }
      }
      try await OperatorLaws.expectSame(make)
    }
  }

  @Test func `groups that end or start with outputs give the same wherever cut`() async throws {
    let make = { @Sendable (flow: Flow<Identity<Int>>) in
      flow.grouped(by: { $0 % 4 }, maximumKeys: 3, idleFor: .milliseconds(9)) { group in
        group.prepend(7, 8).prefix(6).append(9)
      }
    }
    try await OperatorLaws.expectSame(make)
  }

  @Test func `windows in groups hear watermarks as those of one flow with keys do`() {
    for seed in 0..<40 {
      var random = SeededGenerator(seed)
      var present: Int64 = 100
      let log: [Happening<Int>] = (0..<120).map { _ in
        present += Int64.random(in: 0...3, using: &random)
        let now = Timestamp(milliseconds: present)
        if Int.random(in: 0..<5, using: &random) == 0 {
          return .watermark(Timestamp(milliseconds: present - 15), at: now)
        }
        return .element(Int(present) - Int.random(in: 0..<30, using: &random), at: now)
      }
      let groups = CutTest(log, room: 2) {
        Topic<Int>("g").flow().grouped(by: { $0 % 3 }) { group in
          group.window(.tumbling(.milliseconds(10))) { Timestamp(milliseconds: Int64($0)) }
            .aggregate { Count() }.map { [$0.start.milliseconds, Int64($0.value)] }
        }.chain
      }
      let keys = CutTest(log, room: 2) {
        Topic<Int>("k").flow()
          .window(.tumbling(.milliseconds(10)), by: { $0 % 3 }) {
            Timestamp(milliseconds: Int64($0))
          }
          .aggregate { Count() }
          .map { Keyed(key: $0.key, value: [$0.start.milliseconds, Int64($0.value)]) }.chain
      }
      let (left, right) = (groups.outputs(), keys.outputs())
      for key in 0..<3 {
        let found = left.filter { $0.output.key == key }
        #expect(found == right.filter { $0.output.key == key }, "seed \(seed), key \(key)")
      }
      #expect(!left.isEmpty)
    }
  }
}
