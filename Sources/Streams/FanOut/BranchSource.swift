// SPDX-License-Identifier: Apache-2.0

/// A branch of a hub; each reading is one of its own.
struct BranchSource<Element: Sendable>: FlowSource {
  let topic: Topic<Element>
  let name: String
  let overrun: OverrunPolicy<Element>
  let start: CursorStart
  let members: HubMembers

  func makeReader() -> any FlowReader<Element> { BranchReader(self) }
}

/// One reading of a branch: a cursor that is counted, and told why the hub has ended.
final class BranchReader<Element: Sendable>: StagedReader {
  private let cursor: Cursor<Element>
  private let members: HubMembers
  private let name: String
  private let id: UInt64
  private var isOver = false

  init(_ source: BranchSource<Element>) {
    cursor = Cursor(source.topic, from: source.start, overrun: source.overrun)
    members = source.members
    name = source.name
    id = members.join(name, cursor.statistics)
  }

  deinit {
    members.leave(id)
  }

  var clock: any EngineClock { cursor.clock }
  var wakeTime: Timestamp { cursor.wakeTime }
  var promisesSilence: Bool { cursor.promisesSilence }
  var isWorking: Bool { cursor.isWorking }
  var quietEnd: Timestamp { cursor.quietEnd }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    if isOver { return .end }
    defer { members.update(id, cursor.statistics) }
    let answer = try cursor.poll(limit: limit, until: deadline)
    if case .end = answer {
      isOver = true
      if let failure = members.failure { throw failure }
    }
    return answer
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    isOver ? nil : cursor.notify(wake)
  }

  func pause() {
    cursor.pause()
  }

  var inputPlan: FlowPlan? { cursor.plan }

  var stages: [StageStatistics] {
    let counters = cursor.statistics
    let stage = StageStatistics(
      name,
      [
        "in": counters.offered, "out": counters.delivered, "dropped": counters.dropped,
        "conflated": counters.conflated, "buffered": counters.buffered,
      ],
      passage: .exactly(counters.delivered)
    )
    return [stage]
  }
}
