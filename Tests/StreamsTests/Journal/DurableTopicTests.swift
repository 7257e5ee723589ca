// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct DurableTopicTests {
  private let clock = ManualClock(1_000)
  private let journal = JournalProbe()
  private let topic: Topic<Int>
  private let diary = Diary<String>()

  init() {
    topic = Self.topic(journal, clock)
  }

  /// Keeps four entries in memory.
  private static func topic(_ journal: JournalProbe, _ clock: ManualClock) -> Topic<Int> {
    Topic(
      "t",
      from: journal.origin,
      journal: journal,
      retention: Retention(maximumCount: 4),
      clock: clock
    )
  }

  @discardableResult
  private func offer(_ elements: [Int], key: String? = nil) -> Offer {
    topic.offer(elements, key: key) { [diary] outcome in
      switch outcome {
      case .success(let receipt): diary.note("\(receipt.firstOffset)-\(receipt.lastOffset)")
      case .failure(let error): diary.note("\(error)")
      }
    }
  }

  private func store(_ elements: ClosedRange<Int>) {
    for element in elements {
      offer([element])
      journal.store()
    }
  }

  @Test func `a publish is told and seen when it is stored, not before`() throws {
    let cursor = Cursor(topic)
    let woken = Diary<String>()
    _ = topic.notify(at: topic.end, marksToo: false) { woken.note("woken") }
    guard case .held = offer([1, 2]) else { throw PublishError.closed }
    #expect(try cursor.shown(9) == nil && diary.entries.isEmpty && woken.entries.isEmpty)
    #expect(topic.statistics.lastOffset == 0 && topic.statistics.unstoredPublishes == 1)
    journal.store()
    #expect(diary.entries == ["1-2"] && woken.entries == ["woken"])
    #expect(try cursor.shown(9) == ["1", "2"])
  }

  @Test func `publishes are stored in the order in which they came`() throws {
    for element in 1...3 { offer([element]) }
    #expect(journal.waitingCommits == 3)
    for _ in 1...3 { journal.store() }
    #expect(diary.entries == ["1-1", "2-2", "3-3"])
    #expect(try Cursor(topic).shown(3) == ["1", "2", "3"])
  }

  @Test func `what the disk did not take is told and not there`() throws {
    offer([1])
    journal.store(failing: JournalError(.unavailable, "no space"))
    #expect(diary.entries == ["no space"])
    offer([2])
    journal.store()
    #expect(diary.entries == ["no space", "1-1"])
    #expect(try Cursor(topic).shown(3) == ["2"])
    journal.refuse()
    guard case .refused(.notStored(let error)) = offer([3]) else {
      Issue.record("nothing is taken")
      return
    }
    #expect(error.kind == .overloaded && topic.statistics.unstoredPublishes == 0)
  }

  @Test func `a publish that the journal knows is stored once`() {
    offer([1], key: "k")
    offer([1], key: "k")
    journal.store()
    journal.store()
    #expect(diary.entries == ["1-1", "1-1"])
    #expect(topic.statistics.published == 1 && topic.statistics.repeatedPublishes == 1)
  }

  @Test func `an interval gives one sample, though more of it is yet to be stored when it is over`()
    throws
  {
    let cursor = Cursor(topic, overrun: .sample(every: .milliseconds(1_000)))
    store(1...1)
    clock.advance(to: 1_500)
    offer([2])
    clock.advance(to: 2_100)
    #expect(try cursor.shown(9) == nil)
    #expect(cursor.wakeTime == 2_120)
    journal.store()
    #expect(try cursor.shown(9) == ["2"])
    // What waits is of a later interval than the newest: that is not held up by it for long.
    offer([3])
    clock.advance(to: 3_100)
    offer([4])
    journal.store()
    #expect(try cursor.shown(9) == nil)
    journal.store()
    #expect(try cursor.shown(9) == ["3"])
  }

  @Test func `nobody promises silence while something is to be stored`() throws {
    let position = topic.end
    offer([1])
    clock.advance(to: 2_000)
    let cursor = Cursor(topic)
    #expect(try cursor.shown(1, until: 1_500) == nil)
    journal.store()
    #expect(topic.end != position)
    #expect(try cursor.shown(1, until: 1_500) == ["1"])
    #expect(try cursor.shown(1, until: 1_500) == ["silent 1500"])
  }

  @Test func `who is behind reads from the journal and holds nobody back`() throws {
    let cursor = Cursor(topic)
    store(1...10)
    #expect(diary.entries.count == 10)
    #expect(try cursor.shown(4) == nil)
    #expect(journal.waitingReads == 1)
    // Asking again does not read again.
    #expect(try cursor.shown(4) == nil)
    #expect(journal.waitingReads == 1)
    let woken = Diary<String>()
    let request = cursor.notify { woken.note("woken") }
    #expect(request != nil)
    journal.answer()
    #expect(woken.entries == ["woken"])
    #expect(try cursor.shown(4) == ["1", "2", "3", "4"])
    #expect(try cursor.shown(4) == nil)
    journal.answer()
    // It may give what is in memory as well.
    #expect(try cursor.shown(4) == ["5", "6", "7", "8"])
    #expect(try cursor.shown(4) == ["9", "10"])
    #expect(cursor.statistics.dropped == 0 && cursor.statistics.delivered == 10)
  }

  @Test func `what retention took or the disk has damaged is a gap`() throws {
    store(1...10)
    journal.change {
      $0.firstOffset = 3
      $0.damaged = [5]
    }
    let cursor = Cursor(topic, from: .after(JournalProbe.epoch, 2))
    var items: [String] = []
    while items.last != "10" {
      if let found = try cursor.shown(4) { items += found } else { journal.answer() }
    }
    #expect(items == ["3", "4", "gap 5-5", "6", "7", "8", "9", "10"])
    #expect(cursor.statistics.dropped == 1)
    let late = Cursor(topic, from: .after(JournalProbe.epoch, 1))
    #expect(!late.opening.isRecovered && late.position.next == 3)
  }

  @Test func `a read that fails is tried again after a pause`() async throws {
    store(1...9)
    let cursor = Cursor(topic)
    #expect(try cursor.shown(4) == nil)
    journal.answer(failing: JournalError(.unavailable, "no disk"))
    #expect(try cursor.shown(4) == nil)
    let woken = Diary<String>()
    _ = cursor.notify { woken.note("woken") }
    await clock.sleepers(1)
    clock.advance(to: 2_000)
    await eventually { !woken.entries.isEmpty }
    #expect(try cursor.shown(4) == nil)
    journal.answer()
    #expect(try cursor.shown(4) == ["1", "2", "3", "4"])
  }

  @Test func `a topic goes on where its journal ends`() throws {
    store(1...6)
    topic.mark(.watermark(50))
    journal.store()
    let journal = JournalProbe(journal.disk)
    let again = Self.topic(journal, clock)
    #expect(again.end == topic.end && again.epoch == topic.epoch)
    #expect(again.statistics.count == 6)
    let cursor = Cursor(again, from: .after(JournalProbe.epoch, 6))
    #expect(cursor.opening.isRecovered)
    #expect(try cursor.shown(4) == nil)
    journal.answer()
    #expect(try cursor.shown(4) == ["watermark 50"])
  }
}

extension Cursor where Element == Int {
  /// What it hands out now, each as a word; `nil` if that is nothing.
  func shown(_ limit: Int, until deadline: Timestamp = .never) throws -> [String]? {
    guard case .batch(let batch) = try poll(limit: limit, until: deadline) else { return nil }
    var words = batch.seen.map { seen in
      switch seen {
      case .entry(let element, _, _): "\(element)"
      case .mark(.watermark(let instant), _): "watermark \(instant.milliseconds)"
      case .mark(.endOfInput, _): "end of input"
      case .gap(let from, let to): "gap \(from)-\(to)"
      }
    }
    if let instant = batch.silentThrough { words.append("silent \(instant.milliseconds)") }
    return words
  }
}
