// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Brings records into a topic: with their offsets, passing over those that are there, or behind
/// what the topic has.
///
/// What was taken is stored some hundred at a time, each in a synced transaction. Every call may block
/// for the disk; one thread uses it.
public final class TopicImport {
  /// Which offsets records get.
  public enum Offsets: Sendable {
    /// Their own: an empty topic begins at the first; of one that has entries, those that are there
    /// are compared and passed over.
    case own
    /// The next ones.
    case new
  }

  /// What was done.
  public struct Tally: Hashable, Sendable {
    /// Entries that were stored.
    public internal(set) var stored: UInt64 = 0
    /// The offset of the first of them.
    public internal(set) var firstOffset: Offset = 0
    /// The offset of the last of them.
    public internal(set) var lastOffset: Offset = 0
    /// Entries that were there already.
    public internal(set) var skipped: UInt64 = 0
    /// Marks that were stored.
    public internal(set) var marks: UInt64 = 0
  }

  /// Why a record was not taken.
  public enum Refusal: Error, Hashable, Sendable {
    /// Offsets have no holes: another one has to follow.
    case misplaced(expected: Offset)
    /// The topic has another entry at that offset.
    case different(Offset)
    /// Instants of a topic never decrease, and the one before is later.
    case earlier(than: Timestamp)
    /// The entry is larger than one can be.
    case tooLarge(limitBytes: Int)
    /// The store refuses, or an entry that is there can't be compared.
    case storage(StorageError)
  }

  /// What is stored by now.
  public private(set) var tally = Tally()
  /// The topic as it was at the beginning, or where its first entry made it begin.
  public private(set) var topic: StoredTopic
  private let log: EventLog
  private let offsets: Offsets
  private var known: KnownRecords
  private var pending: [LogAppend] = []
  private var pendingEntries: UInt64 = 0
  private var pendingMarks: UInt64 = 0
  private var pendingBytes = 0
  /// The offset of the last entry that was taken or passed over.
  private var last: Offset?
  /// The offset that the next new entry gets.
  private var next: Offset
  private var appended: Timestamp

  /// Entries and marks, and bytes, of a transaction, about.
  private static let groupCount = 512
  private static let groupBytes = 1 << 20

  /// Opens the topic, made if it is not there; nothing in it goes, whatever it holds.
  ///
  /// - Throws: ``StorageError``.
  public init(
    _ log: EventLog,
    topic name: String,
    offsets: Offsets
  ) throws(StorageError) {
    let former = try log.wait(log.readTopics).first { $0.name == name }
    let rules = StorageRules(
      synchronous: former?.rules.synchronous ?? .full,
      maximumBytes: .max,
      atLimit: .refuse
    )
    topic = try log.wait { completion throws(StorageError) in
      try log.openTopic(name, rules, completion: completion)
    }
    self.log = log
    self.offsets = offsets
    next = topic.nextOffset
    appended = topic.appended
    known = KnownRecords(topic, log)
  }

  /// Whether the topic has had entries or marks before.
  public var wasUsed: Bool { known.isAny }

  /// Takes an entry.
  ///
  /// - Throws: ``Refusal``; what was taken before is stored with ``finish()``.
  public func add(
    _ payload: [UInt8],
    offset: Offset,
    appended instant: Timestamp
  ) throws(Refusal) {
    guard payload.count <= StorageLimits.entryBytes else {
      throw .tooLarge(limitBytes: StorageLimits.entryBytes)
    }
    if offsets == .own {
      if let last, offset != last + 1 { throw .misplaced(expected: last + 1) }
      if offset < known.nextOffset {
        try known.compare(payload, offset, instant)
        last = offset
        tally.skipped += 1
        return
      }
      try beginIfNew(offset)
      guard offset == next else { throw .misplaced(expected: next) }
      guard instant >= appended else { throw .earlier(than: appended) }
    }
    try makeRoom()
    append(payload, instant)
    last = offset
  }

  /// Takes a mark that stands behind an entry, or before the first.
  ///
  /// - Throws: ``Refusal``, as for an entry.
  public func add(
    _ mark: Mark,
    after offset: Offset,
    appended instant: Timestamp
  ) throws(Refusal) {
    if offsets == .own {
      if let last, offset != last { throw .misplaced(expected: last) }
      if try known.has(markAfter: offset) { return }
      try beginIfNew(offset + 1)
      guard offset + 1 == next else { throw .misplaced(expected: next - 1) }
      guard instant >= appended else { throw .earlier(than: appended) }
    }
    try makeRoom()
    appended = max(appended, instant)
    if pending.last?.appended == instant {
      pending[pending.count - 1].marks.append(mark)
    } else {
      pending.append(LogAppend([], to: topic.id, marks: [mark], appended: instant))
    }
    pendingBytes += 64
    pendingMarks += 1
  }

  /// Stores what was taken.
  ///
  /// - Throws: ``StorageError``; ``tally`` has what was stored before.
  public func finish() throws(StorageError) {
    guard !pending.isEmpty else { return }
    let commit = LogCommit(pending)
    pending = []
    let receipts = try log.wait { completion throws(StorageError) in
      try log.append(commit, completion: completion)
    }
    if pendingEntries > 0, let end = receipts.last {
      if tally.stored == 0 { tally.firstOffset = receipts[0].firstOffset }
      tally.stored += pendingEntries
      tally.lastOffset = end.lastOffset
    }
    tally.marks += pendingMarks
    (pendingEntries, pendingMarks, pendingBytes) = (0, 0, 0)
  }

  private func beginIfNew(_ offset: Offset) throws(Refusal) {
    guard !wasUsed, last == nil, pending.isEmpty, offset != next else { return }
    do {
      topic = try log.begin(topic, at: offset)
    } catch {
      throw .storage(error)
    }
    next = offset
  }

  private func makeRoom() throws(Refusal) {
    let isFull =
      pending.count >= Self.groupCount || pendingEntries >= Self.groupCount
      || pendingBytes >= Self.groupBytes
    guard isFull else { return }
    do { try finish() } catch { throw .storage(error) }
  }

  /// Entries of one instant that follow each other are one append.
  private func append(_ payload: [UInt8], _ instant: Timestamp) {
    appended = max(appended, instant)
    if let end = pending.last, end.appended == instant, end.marks.isEmpty {
      pending[pending.count - 1].payloads.append(payload)
    } else {
      pending.append(LogAppend([payload], to: topic.id, appended: instant))
    }
    pendingEntries += 1
    pendingBytes += payload.count + 64
    next += 1
  }
}
