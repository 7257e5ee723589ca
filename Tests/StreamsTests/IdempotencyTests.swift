// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct IdempotencyTests {
  private let clock = ManualClock(1_000)
  /// Keeps four entries, so that a publish has at most two, and remembers three keys for a second.
  private let topic: Topic<Int>
  private let diary = Diary<String>()

  init() {
    topic = Topic(
      "t",
      retention: Retention(maximumCount: 4),
      clock: clock,
      idempotency: IdempotencyLimits(maximumCount: 3, maximumAge: .seconds(1))
    )
  }

  /// Offers elements under a key and notes what becomes of them under a name.
  @discardableResult
  private func offer(_ name: String, _ elements: [Int], key: String) -> Offer {
    topic.offer(elements, key: key) { [diary] outcome in
      switch outcome {
      case .success(let receipt): diary.note("\(name) \(receipt.firstOffset)")
      case .failure(let error): diary.note("\(name) \(error)")
      }
    }
  }

  private func ticket(_ offer: Offer) throws -> HeldTicket {
    guard case .held(let ticket) = offer else { throw PublishError.closed }
    return ticket
  }

  @Test func `a repeated publish gets the first one's receipt and stores nothing`() async throws {
    let first = try await topic.publish([1, 2], key: "a")
    clock.advance(to: 1_500)
    try await topic.publish([3])
    let second = try await topic.publish([1, 2], key: "a")
    #expect(second == first)
    #expect(topic.statistics.lastOffset == 3)
    #expect(topic.statistics.published == 3)
    #expect(topic.statistics.repeatedPublishes == 1)
    #expect(topic.statistics.rememberedKeys == 1)
  }

  @Test func `publishes without a key or with different keys are all stored`() async throws {
    for _ in 0..<2 { try await topic.publish([1]) }
    for key in ["a", "b"] { try await topic.publish([1], key: key) }
    #expect(topic.statistics.lastOffset == 4)
    #expect(topic.statistics.repeatedPublishes == 0)
  }

  @Test func `another size under the same key is refused`() async throws {
    try await topic.publish([1], key: "a")
    await #expect(throws: PublishError.keyReused(count: 1, bytes: 8)) {
      try await topic.publish([1, 2], key: "a")
    }
    #expect(topic.statistics.lastOffset == 1)
  }

  @Test func `another weight under the same key is refused`() async throws {
    let topic = Topic<Int>("t", weigher: .each { $0 })
    try await topic.publish([5], key: "a")
    await #expect(throws: PublishError.keyReused(count: 1, bytes: 5)) {
      try await topic.publish([6], key: "a")
    }
  }

  @Test func `a key has a length`() async throws {
    let error = PublishError.invalidKey(maximumBytes: 255)
    await #expect(throws: error) { try await topic.publish([1], key: "") }
    let longest = String(repeating: "k", count: 255)
    await #expect(throws: error) { try await topic.publish([1], key: longest + "k") }
    try await topic.publish([1], key: longest)
  }

  @Test func `the oldest key goes when there is one too many`() async throws {
    for key in ["a", "b", "c"] { try await topic.publish([1], key: key) }
    try await topic.publish([1], key: "a")
    #expect(topic.statistics.lastOffset == 3)
    try await topic.publish([1], key: "d")
    #expect(topic.statistics.displacedKeys == 1)
    #expect(topic.statistics.rememberedKeys == 3)
    try await topic.publish([1], key: "b")
    #expect(topic.statistics.lastOffset == 4)
    try await topic.publish([1], key: "a")
    #expect(topic.statistics.lastOffset == 5, "it was forgotten")
  }

  @Test func `a key is remembered for its time and no longer`() async throws {
    try await topic.publish([1], key: "a")
    clock.advance(to: 2_000)
    try await topic.publish([1], key: "a")
    #expect(topic.statistics.lastOffset == 1)
    clock.advance(to: 2_001)
    try await topic.publish([1], key: "a")
    #expect(topic.statistics.lastOffset == 2)
    #expect(topic.statistics.displacedKeys == 0)
  }

  @Test func `a key outlives its entries`() async throws {
    let first = try await topic.publish([1], key: "a")
    for _ in 0..<9 { try await topic.publish([2]) }
    #expect(try await topic.publish([1], key: "a") == first)
  }

  @Test func `a repeat waits with the first one, and both get the same receipt`() async throws {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4]] { try await topic.publish(value) }
    offer("first", [5, 6], key: "a")
    offer("other", [7], key: "b")
    offer("second", [5, 6], key: "a")
    #expect(topic.statistics.waitingPublishes == 3)
    #expect(topic.statistics.repeatedPublishes == 1)
    _ = try await cursor.next()
    _ = try await cursor.next(until: 0)
    #expect(diary.entries == ["first 5", "second 5", "other 7"])
    #expect(topic.statistics.lastOffset == 7)
    guard case .stored(let receipt) = offer("third", [5, 6], key: "a") else {
      return #expect(Bool(false), "it is remembered")
    }
    #expect(receipt.firstOffset == 5)
  }

  @Test func `a conflict is told while the first one waits`() async throws {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4]] { try await topic.publish(value) }
    offer("first", [5, 6], key: "a")
    guard case .refused(let error) = offer("second", [5], key: "a") else {
      return #expect(Bool(false), "it has another size")
    }
    #expect(error == .keyReused(count: 2, bytes: 16))
    withExtendedLifetime(cursor) {}
  }

  @Test func `the first one may be withdrawn, then the repeat is stored`() async throws {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4]] { try await topic.publish(value) }
    let first = try ticket(offer("first", [5], key: "a"))
    offer("second", [5], key: "a")
    #expect(topic.withdraw(first))
    _ = try await cursor.next()
    _ = try await cursor.next(until: 0)
    #expect(diary.entries == ["first \(PublishError.withdrawn)", "second 5"])
  }

  @Test func `a publish withdrawn by all is forgotten with its key`() async throws {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4]] { try await topic.publish(value) }
    let tickets = try ["first", "second"].map { try ticket(offer($0, [5], key: "a")) }
    for ticket in tickets { #expect(topic.withdraw(ticket)) }
    #expect(topic.statistics.rememberedKeys == 0)
    #expect(topic.statistics.waitingPublishes == 0)
    offer("other size", [5, 6], key: "a")
    _ = try await cursor.next()
    _ = try await cursor.next(until: 0)
    #expect(diary.entries.last == "other size 5")
  }

  @Test func `closing refuses all that wait, and still answers what was stored`() async throws {
    let cursor = Cursor(topic)
    let stored = try await topic.publish([1, 2], key: "a")
    try await topic.publish([3, 4])
    for name in ["first", "second"] { offer(name, [5], key: "b") }
    topic.close()
    #expect(diary.entries == ["first \(PublishError.closed)", "second \(PublishError.closed)"])
    #expect(try await topic.publish([1, 2], key: "a") == stored)
    await #expect(throws: PublishError.closed) { try await topic.publish([5], key: "b") }
    withExtendedLifetime(cursor) {}
  }

  @Test func `repeats that wait are bounded too`() async throws {
    let cursor = Cursor(topic)
    for value in [[1, 2], [3, 4]] { try await topic.publish(value) }
    for number in 0..<TopicLimits.heldPublishes {
      _ = try ticket(offer("\(number)", [5], key: "a"))
    }
    guard case .refused(.tooManyHeld) = offer("one more", [5], key: "a") else {
      return #expect(Bool(false), "no more may wait")
    }
    withExtendedLifetime(cursor) {}
  }

  @Test func `a topic with keys is in use until they are forgotten`() async throws {
    let topic = Topic<Int>(
      "t",
      retention: Retention(maximumAge: .milliseconds(10)),
      clock: clock,
      idempotency: IdempotencyLimits(maximumAge: .milliseconds(50))
    )
    try await topic.publish([1], key: "a")
    clock.advance(to: 1_020)
    #expect(topic.isInUse)
    clock.advance(to: 1_051)
    #expect(!topic.isInUse)
  }

  /// Publishes with few keys at random, some held, and compares with a dictionary.
  @Test(arguments: 0..<50)
  func `each key is stored once while it is remembered`(seed: Int) async throws {
    var random = SeededGenerator(seed)
    let clock = ManualClock(0)
    let topic = Topic<String>(
      "t",
      retention: Retention(maximumCount: 6),
      clock: clock,
      idempotency: IdempotencyLimits(maximumCount: 4, maximumAge: .milliseconds(20))
    )
    let cursor = Cursor(topic)
    let told = Diary<(key: String, receipt: Receipt)>()
    for _ in 0..<120 {
      clock.advance(to: clock.now + .milliseconds(Int.random(in: 0...3, using: &random)))
      let key = "\(Int.random(in: 0..<7, using: &random))"
      let offer = topic.offer([key], key: key) { outcome in
        if case .success(let receipt) = outcome { told.note((key, receipt)) }
      }
      if case .stored(let receipt) = offer { told.note((key, receipt)) }
      if Bool.random(using: &random) { _ = cursor.take(limit: 2) }
      #expect(topic.statistics.rememberedKeys <= 4 + topic.statistics.waitingPublishes)
    }
    while cursor.take(limit: 2) != nil {}
    var stored: [Offset: Receipt] = [:]
    for entry in told.entries {
      #expect(stored[entry.receipt.firstOffset, default: entry.receipt] == entry.receipt)
      stored[entry.receipt.firstOffset] = entry.receipt
    }
    #expect(
      Set(stored.keys) == Set(1...topic.statistics.lastOffset),
      "each was stored for somebody"
    )
    #expect(told.entries.count == 120)
    #expect(topic.statistics.repeatedPublishes == 120 - topic.statistics.lastOffset)
    try expectDistance(told.entries)
  }

  /// Between two storings of a key there are four others, or more than its time.
  private func expectDistance(_ told: [(key: String, receipt: Receipt)]) throws {
    var last: [String: Receipt] = [:]
    for (key, receipt) in told.sorted(by: { $0.receipt.firstOffset < $1.receipt.firstOffset }) {
      if let former = last[key], former != receipt {
        let between = receipt.firstOffset - former.firstOffset
        #expect(between > 4 || former.appended + .milliseconds(20) < receipt.appended)
      }
      last[key] = receipt
    }
  }
}
