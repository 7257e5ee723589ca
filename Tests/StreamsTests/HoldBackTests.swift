// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct HoldBackTests {
  private typealias Outcome = Result<Receipt, PublishError>

  /// Keeps four entries, so that a publish has at most two.
  private let topic = Topic<Int>(
    "t",
    retention: Retention(maximumCount: 4),
    clock: ManualClock(0)
  )
  private let diary = Diary<String>()

  /// Offers elements and notes what becomes of them under their sum's name.
  @discardableResult
  private func offer(_ elements: [Int]) -> HeldTicket? {
    let diary = diary
    let offer = topic.offer(elements) { outcome in
      switch outcome {
      case .success(let receipt): diary.note("\(elements) at \(receipt.firstOffset)")
      case .failure(let error): diary.note("\(elements) \(error)")
      }
    }
    if case .held(let ticket) = offer { return ticket }
    return nil
  }

  @Test func `a publish that fits is stored though a cursor lags`() {
    let cursor = Cursor(topic)
    #expect(offer([1, 2]) == nil)
    #expect(offer([3, 4]) == nil)
    #expect(topic.statistics.heldLag == 4)
    withExtendedLifetime(cursor) {}
  }

  @Test func `a publish without room waits until the cursor has consumed`() async throws {
    let cursor = Cursor(topic)
    offer([1, 2])
    offer([3, 4])
    #expect(offer([5]) != nil)
    #expect(topic.statistics.waitingPublishes == 1)
    #expect(topic.statistics.lastOffset == 4)
    _ = try await cursor.next(limit: 1)
    #expect(diary.entries == [], "what was handed out is not consumed yet")
    _ = try await cursor.next(limit: 1)
    #expect(diary.entries == ["[5] at 5"])
    #expect(topic.statistics.firstOffset == 2)
    #expect(topic.statistics.heldPublishes == 1)
  }

  @Test func `held publishes are stored in the order in which they came`() async throws {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4], [5, 6], [7], [8, 9]] { offer(value) }
    _ = try await cursor.next(limit: 4)
    _ = try await cursor.next(limit: 4)
    _ = try await cursor.next(limit: 4)
    #expect(diary.entries == ["[5, 6] at 5", "[7] at 7", "[8, 9] at 8"])
  }

  @Test func `a small publish does not overtake a large one that waits`() async throws {
    let cursor = Cursor(topic)
    offer([1, 2])
    offer([3])
    offer([4, 5])
    #expect(offer([6]) != nil)
    #expect(topic.statistics.lastOffset == 3)
    _ = try await cursor.next(limit: 1)
    _ = try await cursor.next(limit: 1)
    #expect(diary.entries == ["[4, 5] at 4"])
  }

  @Test func `a publish that waits drops nothing`() {
    let fast = topic.end
    offer([1, 2])
    let cursor = Cursor(topic, from: .latest)
    offer([3, 4])
    offer([5])
    let ticket = offer([6, 7])
    #expect(ticket != nil)
    #expect(topic.statistics.firstOffset == 2)
    if let ticket { topic.withdraw(ticket) }
    #expect(topic.everything(from: fast).count == 5)
    withExtendedLifetime(cursor) {}
  }

  @Test func `a withdrawn publish is never seen and lets the next one pass`() {
    let cursor = Cursor(topic)
    offer([1, 2])
    offer([3])
    let ticket = offer([4, 5])
    offer([6])
    if let ticket {
      topic.withdraw(ticket)
      topic.withdraw(ticket)
    }
    #expect(diary.entries == ["[4, 5] " + PublishError.withdrawn.description, "[6] at 4"])
    withExtendedLifetime(cursor) {}
  }

  @Test func `a stored publish can't be withdrawn`() async throws {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4]] { offer(value) }
    let ticket = offer([5])
    _ = try await cursor.next()
    _ = try await cursor.next(until: 0)
    if let ticket { topic.withdraw(ticket) }
    #expect(diary.entries == ["[5] at 5"])
    #expect(topic.statistics.lastOffset == 5)
  }

  @Test func `a cursor that is released holds nothing back`() {
    do {
      let cursor = Cursor(topic)
      for value in [[1, 2], [3, 4], [5, 6]] { offer(value) }
      withExtendedLifetime(cursor) {}
    }
    #expect(diary.entries == ["[5, 6] at 5"])
    #expect(topic.statistics.heldLag == 0)
  }

  @Test func `the slowest of several cursors decides`() async throws {
    let slow = Cursor(topic)
    let fast = Cursor(topic)
    for value in [[1, 2], [3, 4], [5]] { offer(value) }
    _ = try await fast.next()
    _ = try await fast.next(until: 0)
    #expect(diary.entries == [])
    _ = try await slow.next(limit: 1)
    _ = try await slow.next(limit: 1)
    #expect(diary.entries == ["[5] at 5"])
  }

  @Test func `a cursor that skips holds nothing back and is told its gap`() async throws {
    let cursor = Cursor(topic, overrun: .skip)
    for value in [[1, 2], [3, 4], [5]] { #expect(offer(value) == nil) }
    let batch = try await cursor.next()
    #expect(batch?.seen.first == .gap(from: 1, to: 1))
    #expect(batch?.elements == [2, 3, 4, 5])
  }

  @Test func `closing refuses what is held and keeps what is stored`() async throws {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4], [5]] { offer(value) }
    topic.close()
    #expect(diary.entries == ["[5] " + PublishError.closed.description])
    #expect(try await cursor.next()?.elements == [1, 2, 3, 4])
    #expect(try await cursor.next() == nil)
  }

  @Test func `no more than the limit may wait`() {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4]] { offer(value) }
    for value in 0..<TopicLimits.heldPublishes { #expect(offer([value]) != nil) }
    guard case .refused(.tooManyHeld(let limit)) = topic.offer([1], completion: { _ in }) else {
      Issue.record("the topic takes one more")
      return
    }
    #expect(limit == TopicLimits.heldPublishes)
    withExtendedLifetime(cursor) {}
  }

  @Test func `what waits is bounded by its bytes too, but for a single publish`() {
    let bytes = TopicLimits.heldBytes
    let topic = Topic<Int>(
      "t",
      retention: Retention(maximumCount: 4, maximumBytes: bytes * 3),
      weigher: .each { $0 }
    )
    let cursor = Cursor(topic)
    _ = topic.offer([bytes], completion: { _ in })
    _ = topic.offer([bytes], completion: { _ in })
    _ = topic.offer([bytes], completion: { _ in })
    for (weight, isTaken) in [(bytes + 1, true), (1, false)] {
      switch topic.offer([weight], completion: { _ in }) {
      case .held: #expect(isTaken)
      case .refused(.tooManyHeld): #expect(!isTaken)
      default: Issue.record("a full topic holds or refuses")
      }
    }
    withExtendedLifetime(cursor) {}
  }

  @Test func `cancelling a publish that waits takes it back`() async throws {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4]] { offer(value) }
    let topic = topic
    let publisher = Task { try await topic.publish([5]) }
    await eventually { topic.statistics.waitingPublishes == 1 }
    publisher.cancel()
    await #expect(throws: PublishError.withdrawn) { try await publisher.value }
    #expect(topic.statistics.waitingPublishes == 0)
    #expect(try await cursor.next()?.elements == [1, 2, 3, 4])
    #expect(topic.statistics.lastOffset == 4)
  }

  @Test func `a publish of a cancelled task that finds no room is taken back at once`()
    async throws
  {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4]] { offer(value) }
    let topic = topic
    let publisher = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await topic.publish([5])
    }
    await #expect(throws: PublishError.withdrawn) { try await publisher.value }
    withExtendedLifetime(cursor) {}
  }
}
