// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct NotifyTests {
  private let topic = Topic<Int>("t", clock: ManualClock(0))
  private let diary = Diary<String>()

  /// Asks to be told of something at `position`, under a name.
  private func ask(_ name: String, at position: Position, marksToo: Bool = true) -> WaiterTicket? {
    topic.notify(at: position, marksToo: marksToo) { [diary] in diary.note(name) }
  }

  @Test func `who waits is told once`() async throws {
    #expect(ask("a", at: topic.end) != nil)
    #expect(ask("b", at: topic.end) != nil)
    try await topic.publish([1])
    try await topic.publish([2])
    #expect(diary.entries == ["a", "b"])
  }

  @Test func `nobody waits for what is there already`() async throws {
    let start = topic.end
    try await topic.publish([1])
    #expect(ask("a", at: start) == nil)
    topic.mark(.endOfInput)
    #expect(ask("b", at: topic.position(after: 1)) == nil)
    #expect(diary.entries == [])
  }

  @Test func `who does not care for marks waits though there are some`() async throws {
    let start = topic.end
    topic.mark(.endOfInput)
    #expect(ask("a", at: start, marksToo: false) != nil)
    try await topic.publish([1])
    #expect(diary.entries == ["a"])
  }

  @Test func `a watermark that says nothing new wakes nobody`() {
    topic.mark(.watermark(5))
    #expect(ask("a", at: topic.end) != nil)
    topic.mark(.watermark(4))
    #expect(diary.entries == [])
    topic.mark(.watermark(6))
    #expect(diary.entries == ["a"])
  }

  @Test func `who was forgotten is not told`() async throws {
    let ticket = ask("a", at: topic.end)
    #expect(ticket.map { topic.forget($0) } == true)
    #expect(ticket.map { topic.forget($0) } == false)
    try await topic.publish([1])
    #expect(diary.entries == [])
    #expect(topic.isInUse)
  }

  @Test func `nobody waits for a closed topic, and closing tells who does`() {
    #expect(ask("a", at: topic.end) != nil)
    topic.close()
    #expect(diary.entries == ["a"])
    #expect(ask("b", at: topic.end) == nil)
  }

  @Test func `publishing and forgetting at once, each waiter is told or forgotten, never both`()
    async throws
  {
    let (topic, told) = (topic, Diary<Int>())
    let forgotten = await withTaskGroup(of: [Int].self) { group in
      group.addTask {
        for value in 0..<2_000 { _ = try? await topic.publish([value]) }
        return []
      }
      for worker in 0..<2 {
        group.addTask {
          (0..<2_000).filter { number in
            let name = worker * 10_000 + number
            guard let ticket = topic.notify(at: topic.end, marksToo: true, { told.note(name) })
            else { return false }
            if topic.forget(ticket) { told.note(-1 - name) }
            return true
          }.map { worker * 10_000 + $0 }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    try await topic.publish([1])
    let once = told.entries.map { $0 < 0 ? -1 - $0 : $0 }
    #expect(once.sorted() == forgotten.sorted())
  }

  @Test func `a reader that is told and reads misses nothing`() async throws {
    let topic = topic
    let reader = Task {
      let cursor = Cursor(topic, overrun: .skip)
      var count = 0
      while count < 5_000, let batch = try await cursor.next(limit: 7) { count += batch.count }
      return count
    }
    for value in 0..<5_000 { try await topic.publish([value]) }
    #expect(try await reader.value == 5_000)
  }
}
