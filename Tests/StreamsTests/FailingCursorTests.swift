// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct FailingCursorTests {
  private let topic = Topic<Int>("t", retention: Retention(maximumCount: 4), clock: ManualClock(0))

  @Test func `a cursor that keeps up reads everything`() async throws {
    let cursor = Cursor(topic, overrun: .fail)
    for value in 0..<20 {
      try await topic.publish([value])
      #expect(try await cursor.next()?.elements == [value])
    }
    #expect(cursor.failure == nil)
  }

  @Test func `a cursor that the log has moved past throws what is gone, again and again`()
    async throws
  {
    let cursor = Cursor(topic, overrun: .fail)
    for value in 0..<6 { try await topic.publish([value]) }
    let error = CursorError.overrun(Gap(from: 1, to: 2))
    for _ in 0..<2 {
      #expect(cursor.take(limit: 9) == nil)
      #expect(cursor.failure == error)
      await #expect(throws: error) { try await cursor.next() }
    }
    #expect(cursor.position.next == 1, "it stays where it is")
    #expect(cursor.statistics.buffered == 6)
  }

  @Test func `a cursor that is more behind than it may be throws by how much`() async throws {
    let cursor = Cursor(topic, overrun: .fail(after: 2))
    try await topic.publish([1, 2])
    #expect(try await cursor.next()?.elements == [1, 2])
    try await topic.publish([3, 4])
    try await topic.publish([5])
    await #expect(throws: CursorError.lag(count: 3, limit: 2)) { try await cursor.next() }
  }

  @Test func `it holds nobody back`() async throws {
    let cursor = Cursor(topic, overrun: .fail)
    for value in 0..<20 { try await topic.publish([value]) }
    #expect(topic.statistics.heldPublishes == 0)
    withExtendedLifetime(cursor) {}
  }

  @Test func `a flow that reads with it ends with the error`() async throws {
    let flow = topic.flow(from: .earliest, overrun: .fail).map { $0 + 1 }
    var iterator = flow.makeAsyncIterator()
    try await topic.publish([1, 2])
    #expect(try await iterator.next() == 2)
    for value in 0..<8 { try await topic.publish([value]) }
    #expect(try await iterator.next() == 3)
    await #expect(throws: CursorError.overrun(Gap(from: 3, to: 6))) { try await iterator.next() }
  }

  @Test func `the errors say what helps`() {
    #expect(CursorError.overrun(Gap(from: 1, to: 2)).description.contains("1 to 2"))
    #expect(CursorError.lag(count: 7, limit: 3).description.contains("7 entries"))
  }
}
