// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

/// Random publishes and marks, restarts and readers at random places, against a plain list.
@Suite struct DurableOracleTests {
  private static func topic(_ journal: JournalProbe, _ clock: ManualClock) -> Topic<Int> {
    Topic(
      "t",
      from: journal.origin,
      journal: journal,
      retention: Retention(maximumCount: 6),
      clock: clock
    )
  }

  /// Reads until nothing is left.
  private func drain(
    _ cursor: Cursor<Int>,
    _ journal: JournalProbe,
    _ limit: Int
  ) throws -> [String] {
    var words: [String] = []
    while true {
      if let more = try cursor.shown(limit) {
        words += more
      } else if journal.waitingReads > 0 {
        journal.answer()
      } else if cursor.notify({}) != nil {
        return words
      }
    }
  }

  @Test(arguments: 0..<60) func `every reader sees all that follows its place`(seed: UInt64) throws
  {
    var random = SeededGenerator(seed)
    let clock = ManualClock(1_000)
    var journal = JournalProbe()
    var topic = Self.topic(journal, clock)
    /// The words that follow each offset.
    var after: [[String]] = [[]]
    var watermark = 0
    var readers: [(cursor: Cursor<Int>, seen: [String], from: Int)] = []
    func say(_ word: String) { for index in after.indices { after[index].append(word) } }
    for step in 0..<200 {
      clock.advance(by: .milliseconds(Int.random(in: 0...2, using: &random)))
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        let elements = (0..<Int.random(in: 1...3, using: &random)).map { step * 10 + $0 }
        _ = topic.offer(elements) { _ in }
        journal.store()
        for element in elements {
          say("\(element)")
          after.append([])
        }
      case 5:
        watermark += Int.random(in: 1...5, using: &random)
        topic.mark(.watermark(Timestamp(milliseconds: Int64(watermark))))
        journal.store()
        say("watermark \(watermark)")
      case 6:
        let from = Int.random(in: 0..<after.count, using: &random)
        let start = CursorStart.after(JournalProbe.epoch, Offset(from))
        readers.append((Cursor(topic, from: start), [], from))
      case 7 where !readers.isEmpty:
        let index = Int.random(in: readers.indices, using: &random)
        let limit = Int.random(in: 1...5, using: &random)
        readers[index].seen += try drain(readers[index].cursor, journal, limit)
      case 8 where Int.random(in: 0..<4, using: &random) == 0:
        for index in readers.indices {
          readers[index].seen += try drain(readers[index].cursor, journal, 3)
          #expect(readers[index].seen == after[readers[index].from])
        }
        readers = []
        journal = JournalProbe(journal.disk)
        topic = Self.topic(journal, clock)
      default: break
      }
    }
    for reader in readers {
      let seen = reader.seen + (try drain(reader.cursor, journal, 4))
      #expect(seen == after[reader.from])
    }
  }
}
