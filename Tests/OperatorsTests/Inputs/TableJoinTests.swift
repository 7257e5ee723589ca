// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

/// A change of a table: a key gets a value, or loses it.
private struct Change: Sendable {
  let key: String
  let value: Int?
}

@Suite struct TableJoinTests {
  private typealias Step = InputStep<String, Change>
  private typealias Join = TableJoin<String, Change, String, Int, String>

  private func join(limit: JoinLimit = .standard) -> Join {
    TableJoin(on: { $0 }, equals: \.key, value: \.value, limit: limit) { element, value in
      element + (value.map { "\($0)" } ?? "-")
    }
  }

  private func set(_ key: String, _ value: Int?) -> Step { .right(Change(key: key, value: value)) }

  @Test func `an element gets its key's value as it is then`() throws {
    let steps = [
      .left("a"), set("a", 1), .left("a"), .left("b"), set("a", 2), set("b", 3), .left("a"),
      set("a", nil), .left("a"), .left("b"),
    ]
    let result = try run(join(), steps)
    #expect(result.outputs == ["a-", "a1", "b-", "a2", "a-", "b3"])
    #expect(result.chain.stages[0]["unmatched"] == 3)
    for cut in steps.indices {
      #expect(try run(join(), steps, cut: cut).outputs == result.outputs)
    }
  }

  @Test func `beyond the limit the key goes that was set the longest ago`() throws {
    let steps = [
      set("a", 1), set("b", 2), set("a", 3), set("c", 4), .left("a"), .left("b"), .left("c"),
    ]
    let result = try run(join(limit: JoinLimit(2)), steps)
    #expect(result.outputs == ["a3", "b-", "c4"])
    #expect(result.chain.stages[0]["dropped"] == 1)
    let refusing = try run(join(limit: JoinLimit(2, overflow: .refuse)), steps)
    #expect(refusing.outputs == ["a3", "b2", "c-"])
  }

  @Test func `a key that changes all the time takes no more room`() throws {
    let steps = (0..<1_000).map { set("a", $0) } + [.left("a")]
    let result = try run(join(), steps)
    #expect(result.outputs == ["a999"])
    #expect(result.chain.values.count == 1)
  }

  @Test func `a table is joined with its snapshot first`() async throws {
    let clock = ManualClock(0)
    let visits = Topic<String>("visits", clock: clock)
    let names = Table(Topic<TableChange<String, Int>>("names", clock: clock))
    try await names.set(1, for: "a")
    var inner = visits.flow(from: .earliest).join(names, on: { $0 }).makeAsyncIterator()
    var left = visits.flow(from: .earliest).leftJoin(names, on: { $0 }).makeAsyncIterator()
    clock.advance(to: 1)
    try await visits.publish(["b", "a"])
    #expect(try await inner.next() == Joined(left: "a", right: 1))
    clock.advance(to: 2)
    try await names.set(2, for: "a")
    clock.advance(to: 3)
    try await visits.publish(["a"])
    #expect(try await inner.next() == Joined(left: "a", right: 2))
    #expect(try await left.next() == Joined(left: "b", right: nil))
  }

  @Test func `flows are joined in the order in which their entries were appended`() async throws {
    let clock = ManualClock(0)
    let (visits, names) = (
      Topic<String>("visits", clock: clock), Topic<Change>("names", clock: clock)
    )
    for step in [set("a", 1), .left("a"), .left("b"), set("a", 2), .left("a")] {
      clock.advance(to: clock.now + .milliseconds(1))
      switch step {
      case .left(let visit): try await visits.publish([visit])
      case .right(let change): try await names.publish([change])
      case .watermark: break
      }
    }
    visits.close()
    names.close()
    let (flow, changes) = (visits.flow(from: .earliest), names.flow(from: .earliest))
    var seen: [String] = []
    for try await row in flow.join(latest: changes, on: { $0 }, equals: \.key, value: \.value) {
      seen.append("\(row.left)\(row.right)")
    }
    #expect(seen == ["a1", "a2"])
    seen = []
    for try await row in flow.leftJoin(latest: changes, on: { $0 }, equals: \.key, value: \.value) {
      seen.append("\(row.left)\(row.right ?? 0)")
    }
    #expect(seen == ["a1", "b0", "a2"])
  }
}
