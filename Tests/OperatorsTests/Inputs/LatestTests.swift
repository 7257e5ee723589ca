// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

@Suite struct LatestTests {
  private typealias Step = InputStep<Int, String>

  private let steps: [Step] = [
    .left(1), .left(2), .right("a"), .left(3), .right("b"), .right("c"), .left(4),
  ]

  private func text(_ pair: (Int, String)) -> String { "\(pair.0)\(pair.1)" }

  @Test func `combineLatest gives out both whenever one speaks, once both have`() throws {
    let result = try run(CombineLatest<Int, String>(), steps)
    #expect(result.outputs.map(text) == ["2a", "3a", "3b", "3c", "4c"])
    #expect(result.chain.stages[0]["waited"] == 2)
    for cut in steps.indices {
      #expect(
        try run(CombineLatest<Int, String>(), steps, cut: cut).outputs.map(text)
          == result.outputs.map(text)
      )
    }
  }

  @Test func `withLatest drops what comes too early`() throws {
    let result = try run(WithLatest<Int, String>(.drop), steps)
    #expect(result.outputs.map(text) == ["3a", "4c"])
    #expect(result.chain.stages[0]["early"] == 2)
  }

  @Test func `withLatest holds what comes too early, up to a limit`() throws {
    let early: [Step] = [.left(0)] + steps
    let result = try run(WithLatest<Int, String>(.hold(limit: 2)), early, room: 1)
    #expect(result.outputs.map(text) == ["1a", "2a", "3a", "4c"])
    #expect(result.chain.stages[0]["dropped"] == 1)
    for cut in early.indices {
      let parts = try run(WithLatest<Int, String>(.hold(limit: 2)), early, room: 1, cut: cut)
      #expect(parts.outputs.map(text) == result.outputs.map(text))
    }
    let never = try run(WithLatest<Int, String>(.hold(limit: 5)), [Step.left(1), .left(2)])
    #expect(never.outputs.isEmpty && never.chain.stages[0]["dropped"] == 2)
  }

  @Test func `three flows are combined in the order in which they spoke`() async throws {
    let clock = ManualClock(0)
    let topics = ["x", "y", "z"].map { Topic<String>($0, clock: clock) }
    for (index, text) in [(0, "x1"), (2, "z1"), (1, "y1"), (2, "z2"), (0, "x2"), (1, "y2")] {
      clock.advance(to: clock.now + .milliseconds(1))
      try await topics[index].publish([text])
    }
    for topic in topics { topic.close() }
    let flows = topics.map { $0.flow(from: .earliest) }
    var seen: [String] = []
    for try await (x, y, z) in flows[0].combineLatest(flows[1], flows[2]) { seen.append(x + y + z) }
    #expect(seen == ["x1y1z1", "x1y1z2", "x2y1z2", "x2y2z2"])
  }
}
