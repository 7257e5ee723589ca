// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct RetentionYearTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  @Test func `a year of retention keeps what the rules say in a file of bounded size`() throws {
    let year = try SimulatedYear(place.database)
    for step in 0..<SimulatedYear.steps {
      try year.live(through: step)
      if step % 15 == 0 { try year.checkExtents() }
      if step % 146 == 145 { try year.checkContent() }
      if step % 120 == 50 { try year.restart(closing: step % 240 == 50) }
    }
    // The busy day's pages were given back, and all of the year would not have had room.
    #expect(year.freedPages > 4_096)
    #expect(year.publishedBytes > 4 * year.mostFileBytes)
  }
}

/// A year in which topics with every kind of retention are published to every twelve hours, with a busy
/// day, crashes, and a clock that is set back once.
///
/// What must be there, and how large the file may be, is worked out from what was published and the
/// rules alone.
private final class SimulatedYear {
  static let steps = 2 * 365
  private static let stepMilliseconds: Int64 = 12 * 3_600_000
  private static let day = Duration.seconds(86_400)
  /// The entries of a publish, which has one mark.
  private static let batch = 30
  private static let rules: [(name: String, rules: StorageRules)] = [
    ("age", StorageRules(synchronous: .normal, maximumAge: day * 7)),
    ("all", StorageRules(maximumCount: 1_500, maximumAge: day * 14, maximumBytes: 1 << 19)),
    ("bytes", StorageRules(synchronous: .normal, maximumBytes: 1 << 20)),
    ("count", StorageRules(synchronous: .normal, maximumCount: 2_000)),
  ]

  private let log: TestLog
  /// Pages given back, by all writers of the year.
  private(set) var freedPages: UInt64 = 0
  private var topics: [PublishedTopic] = []
  private var keys: [Timestamp] = []
  private var upkeep = Upkeep()
  /// What the file might have before the last publishes, of which not all may be deleted that has to go.
  private var mostBefore: Int64 = 0
  private var now: Timestamp = 0
  private var random = SeededRandom(seed: 365)

  init(_ path: String) throws {
    log = try TestLog(path)
    topics = try Self.rules.map { PublishedTopic(try log.topic($0.name, $0.rules)) }
  }

  // MARK: What happens

  /// Publishes what the next twelve hours bring, and lets the thread's turns go by until they do nothing.
  func live(through step: Int) throws {
    // In summer the clock is three days slow for a day.
    let lag: Int64 = step / 2 == 200 ? 6 : 0
    now = Timestamp(milliseconds: (Int64(step) + 100 - lag) * Self.stepMilliseconds)
    for index in topics.indices { try publish(to: index, "\(step)") }
    if step / 2 == 100 {
      // One day in the spring is very busy.
      for _ in 0..<800 { try publish(to: 0, nil) }
    }
    while upkeep.hasMore { try turn() }
    // From here on what has gone must not take room any more.
    mostBefore = mostFileBytes
    try #require(log.writer.fileBytes <= mostBefore, "\(log.writer.fileBytes) bytes after \(step)")
  }

  private func publish(to index: Int, _ key: String?) throws {
    let payloads = (0..<Self.batch).map { _ in
      let byte = UInt8.random(in: 0...255, using: &random)
      return [UInt8](repeating: byte, count: Int.random(in: 100...1_100, using: &random))
    }
    let topic = topics[index].stored.id
    let append = LogAppend(payloads, to: topic, marks: [.watermark(now)], appended: now, key: key)
    let receipt = try log.append(LogCommit([append]))[0]
    topics[index].take(payloads, appended: now)
    try #require(receipt.appended == topics[index].appended)
    if key != nil { keys.append(receipt.appended) }
    try turn()
  }

  /// A turn of the thread that writes.
  private func turn() throws {
    let before = log.writer.statistics.freedPages
    upkeep.run(log.writer, now: now)
    freedPages += log.writer.statistics.freedPages - before
    try #require(log.writer.statistics.failures == 0)
    let bytes = log.writer.fileBytes
    try #require(bytes <= max(mostBefore, mostFileBytes), "\(bytes) bytes at \(now)")
  }

  /// Ends the process, without a word or with one, and starts the next.
  func restart(closing: Bool) throws {
    try log.reopen(closing: closing)
    upkeep = Upkeep()
    for (name, rules) in Self.rules { _ = try log.topic(name, rules) }
  }

  // MARK: What the rules say

  var publishedBytes: Int64 { topics.reduce(0) { $0 + $1.end } }

  /// The most bytes that the database and its write-ahead log may have now.
  ///
  /// A page is left a fifth empty at most, where the next row has no room. Free pages are a quarter of
  /// the file, or 4 MiB, and what is deleted until they are counted again.
  var mostFileBytes: Int64 {
    let kept = topics.reduce(0) { $0 + $1.keptBytes(now: now) }
    let used = kept / 4 * 5 + 1 << 19
    let free = max(Int64(VacuumState.keptPages) * 4_096, used / 3)
    let uncounted = Int64(VacuumState.rows) * EntryFormat.weight(600)
    // It is written back when it is so long; a commit and a step of deleting may come on top.
    let writeAhead = Int64(log.settings.checkpointPages + 256) * 4_096
    return used + free + uncounted + writeAhead
  }

  // MARK: What is there

  func checkExtents() throws {
    for topic in topics {
      let found = try log.now(topic.stored)
      let count = Int(found.count)
      let kept = topic.kept(now: now)
      #expect(kept.contains(count), "\(found.name) has \(count) entries, not \(kept)")
      #expect(found.nextOffset == topic.next)
      #expect(found.nextMark - found.firstMark <= found.count / UInt64(Self.batch) + 2)
    }
    // Idempotency keys are remembered for a day.
    let remembered = keys.count { $0 >= now - Self.day }
    #expect(try count("keys") <= remembered)
  }

  /// Reads everything: what is kept is as it was published, and nothing else is there.
  func checkContent() throws {
    for topic in topics {
      let extent = try log.now(topic.stored)
      var (after, found): (Offset, [StoredEntry]) = (0, [])
      while true {
        let batch = try log.read(topic.stored, after: after)
        guard let last = batch.entries.last else { break }
        (after, found) = (last.offset, found + batch.entries)
      }
      #expect(found == topic.newest(Int(extent.count)), "\(extent.name)")
    }
    let counts = try topics.map { Int(try log.now($0.stored).count) }
    #expect(try count("entries") == counts.reduce(0, +))
  }

  private func count(_ table: String) throws -> Int {
    let sql = "SELECT count(*) FROM \(table)"
    let statement = try Statement(sql, operation: "count", log.writer.connected())
    _ = try statement.step()
    return Int(statement.int64(0))
  }
}

/// What was published to a topic, but for what no rule can ask for any more.
private struct PublishedTopic {
  private struct Entry {
    let appended: Timestamp
    let payload: [UInt8]
    /// What all entries through this one weigh.
    let end: Int64
  }

  let stored: StoredTopic
  /// The instant of the newest entry.
  private(set) var appended: Timestamp = 0
  /// The offset that the next entry gets.
  private(set) var next: Offset = 1
  private var entries: [Entry] = []

  init(_ stored: StoredTopic) {
    self.stored = stored
  }

  /// What all entries weigh that were ever published.
  var end: Int64 { entries.last?.end ?? 0 }

  mutating func take(_ payloads: [[UInt8]], appended instant: Timestamp) {
    appended = max(appended, instant)
    for payload in payloads {
      let end = end + EntryFormat.weight(payload.count)
      entries.append(Entry(appended: appended, payload: payload, end: end))
    }
    next += Offset(payloads.count)
    let spare = entries.count - kept(now: instant).upperBound
    if spare > 2_000 { entries.removeFirst(spare - 1) }
  }

  /// How many of the newest entries must be there, and how many may.
  func kept(now: Timestamp) -> ClosedRange<Int> {
    let rules = stored.rules
    var (least, most) = (entries.count, entries.count)
    if let age = rules.maximumAge {
      let oldest = max(now, appended) - age
      let young = entries.count - firstIndex { $0.appended >= oldest }
      (least, most) = (young, young)
    }
    if let count = rules.maximumCount {
      (least, most) = (min(least, Int(count)), min(most, Int(count + rules.countSlack)))
    }
    least = min(least, countOfNewest(bytes: rules.maximumBytes / 32 * 31))
    most = min(most, countOfNewest(bytes: rules.maximumBytes))
    return least...most
  }

  /// What the entries that may be there weigh.
  func keptBytes(now: Timestamp) -> Int64 {
    let dropped = entries.count - kept(now: now).upperBound
    return dropped == 0 ? end : end - entries[dropped - 1].end
  }

  /// The newest entries as they should be stored.
  func newest(_ count: Int) -> [StoredEntry] {
    let first = next - Offset(count)
    return entries.suffix(count).enumerated().map { index, entry in
      StoredEntry(
        offset: first + Offset(index),
        appended: entry.appended,
        payload: entry.payload
      )
    }
  }

  /// How many of the newest entries weigh at most so much.
  private func countOfNewest(bytes: Int64) -> Int {
    let border = end - bytes
    // An entry is kept if all before it are on the other side of the border.
    guard border > 0 else { return entries.count }
    return entries.count - min(entries.count, firstIndex { $0.end >= border } + 1)
  }

  /// The first entry for which a condition holds that holds for all behind it.
  private func firstIndex(_ condition: (Entry) -> Bool) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if condition(entries[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
