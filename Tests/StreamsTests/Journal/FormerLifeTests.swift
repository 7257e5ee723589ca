// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

/// Readers of a log that has begun another life with what was left of it.
@Suite struct FormerLifeTests {
  private let clock = ManualClock(1_000_000)

  private func topic(_ epoch: UInt64, _ lives: [FormerLife], entries: Int) -> Topic<Int> {
    var disk = JournalProbe.Disk()
    for number in 1...entries { disk.elements.append((number, Timestamp(milliseconds: 1))) }
    let journal = JournalProbe(disk, isAutomatic: true)
    var origin = TopicOrigin(Epoch(rawValue: epoch))
    origin.end = journal.origin.end
    origin.formerLives = lives
    return Topic("t", from: origin, journal: journal, clock: clock)
  }

  private func life(_ epoch: UInt64, end: Offset) -> FormerLife {
    FormerLife(Epoch(rawValue: epoch), end: Position(next: end, nextMark: 1))
  }

  /// Where a reader goes on that had read so many entries of the life 7.
  private func place(after read: Offset, in topic: Topic<Int>) throws -> (Offset, isThere: Bool) {
    let former = self.topic(7, [], entries: 20)
    let start = CursorStart.after(former.epoch, read)
    var encoder = StateEncoder()
    try Cursor(former, from: start).encodePlace(into: &encoder)
    var decoder = StateDecoder(encoder.bytes)
    let cursor = Cursor(topic, from: .earliest)
    let isThere = try cursor.restorePlace(from: &decoder)
    return (cursor.position.next, isThere)
  }

  @Test func `what was read of a former life is not read again, and nothing is passed over`() throws
  {
    let next = topic(8, [life(7, end: 11)], entries: 20)
    #expect(try place(after: 5, in: next) == (6, isThere: true))
    // It had read what is lost: others have those offsets now.
    #expect(try place(after: 15, in: next) == (11, isThere: true))
  }

  @Test func `of several lives the shortest counts`() throws {
    let lives = [life(6, end: 3), life(7, end: 15), life(8, end: 9)]
    let next = topic(9, lives, entries: 20)
    #expect(try place(after: 5, in: next) == (6, isThere: true))
    #expect(try place(after: 12, in: next) == (9, isThere: true))
  }

  @Test func `a life that has nothing of the former is read from its start`() throws {
    #expect(try place(after: 5, in: topic(8, [], entries: 20)) == (1, isThere: false))
    let other = topic(8, [life(6, end: 11)], entries: 20)
    #expect(try place(after: 5, in: other) == (1, isThere: false))
  }
}
