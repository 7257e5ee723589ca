// SPDX-License-Identifier: Apache-2.0
internal import CSQLite
internal import Streams

/// What is done between transactions, in small steps: retention, space, the write-ahead log.
struct Upkeep {
  /// How long the thread waits before it looks for what has become too old.
  static let pauseMilliseconds = 1_000

  /// How long it waits for another thread that writes the log back.
  private static let shortPauseMilliseconds = 2

  /// Whether there is more to do at once.
  private(set) var hasMore = false
  /// Whether that waits for the write-ahead log to be written back.
  private var isWaiting = false
  /// How long the thread may wait for requests, in milliseconds.
  ///
  /// - Parameter isAwaited: Whether somebody waits for what is to be done.
  /// - Returns: At most a second.
  func pause(isAwaited: Bool) -> Int {
    if !hasMore { return Self.pauseMilliseconds }
    if isWaiting { return Self.shortPauseMilliseconds }
    return isAwaited ? 0 : pace.restMilliseconds
  }

  /// How much of the time what can wait may take.
  private var pace = UpkeepPace()

  /// Whether there are more idempotency keys that are too old.
  private var hasMoreKeys = false
  private var lookedAt = Timestamp.distantPast
  /// After an error of the disk nothing is tried before this instant.
  private var notBefore = Timestamp.distantPast

  /// Does a few steps: as much as keeps up with what was appended since the last time.
  mutating func run(_ writer: LogWriter, now: Timestamp) {
    // A clock that was set back must not put it off for longer than it says.
    if now < lookedAt { (lookedAt, notBefore) = (now, now) }
    guard now >= notBefore else { return }
    do {
      hasMore = try steps(writer, now: now)
    } catch {
      writer.noteUpkeepFailure(error)
      hasMore = false
      notBefore = Self.later(now)
    }
  }

  /// Notes that somebody was served.
  mutating func noteServed() { pace.noteServed() }

  private static func later(_ instant: Timestamp) -> Timestamp {
    instant.advanced(byMilliseconds: Int64(pauseMilliseconds))
  }

  private mutating func steps(
    _ writer: LogWriter,
    now: Timestamp
  ) throws(StorageError) -> Bool {
    try writer.writeBackIfDue()
    if writer.trouble != nil { try writer.probe() }
    if now >= Self.later(lookedAt) || hasMoreKeys {
      if !hasMoreKeys { lookedAt = now }
      writer.findAged(now: now)
      try writer.findUnmerged(now: now)
      let hasKeys = try writer.expireKeys(now: now)
      hasMoreKeys = try writer.expireCursors(now: now) || hasKeys
    }
    isWaiting = writer.waitsForWriteBack
    if writer.overdue.isEmpty { writer.retentionDebt = RetentionDebt() }
    if isWaiting || pace.mustRest && !writer.isPressed { return true }
    let begin = ContinuousClock.now
    defer { pace.noteSteps(since: begin) }
    let wanted = 1 + 2 * writer.appendedSinceStep / writer.settings.retentionStep
    writer.appendedSinceStep = 0
    for _ in 0..<wanted {
      guard try writer.retain(now: now) else { break }
    }
    let isDeleting = try writer.deleteDiscarded()
    let isMerging = try writer.mergeStates()
    // What would be moved now may be merged next.
    let isFreeing = try isMerging ? false : writer.giveBack()
    return hasMoreKeys || isMerging || isFreeing || isDeleting || !writer.overdue.isEmpty
  }
}

/// Lets what can wait take a small part of the time while somebody publishes: a step holds up who comes
/// during it, and what it has written is synced beside what they write.
struct UpkeepPace {
  /// It rests so many times as long as it took.
  static let restFactor = 7
  /// But no longer than this.
  static let longestRest: Duration = .milliseconds(100)
  /// Somebody publishes if the last publish is no older.
  static let memory: Duration = .seconds(1)

  private var lastServed: ContinuousClock.Instant?
  private var restsUntil: ContinuousClock.Instant?

  mutating func noteServed() { lastServed = .now }

  /// Notes that steps were taken.
  mutating func noteSteps(since begin: ContinuousClock.Instant) {
    let end = ContinuousClock.now
    guard let lastServed, end - lastServed < Self.memory else {
      restsUntil = nil
      return
    }
    restsUntil = end + min((end - begin) * Self.restFactor, Self.longestRest)
  }

  /// Whether it is too early for the next steps.
  var mustRest: Bool { restsUntil.map { $0 > .now } ?? false }

  /// How long it is too early, in whole milliseconds.
  var restMilliseconds: Int {
    guard let rest = restsUntil.map({ $0 - .now }), rest > .zero else { return 0 }
    return Int((rest / .milliseconds(1)).rounded(.up))
  }
}

extension LogWriter {
  /// Whether steps are due that keep up with what is written, or make room for it.
  var isPressed: Bool {
    retentionDebt.isPressing(step: settings.retentionStep) || storeExcess > 0
      || StateTuning.isPressing(debt: mergeDebt, stepBytes: settings.stateStepBytes)
  }

  /// Does upkeep until there is none.
  func settle(now: Timestamp) throws(StorageError) {
    var isAgain = true
    while isAgain {
      findAged(now: now)
      try findUnmerged(now: now)
      let keys = try expireKeys(now: now)
      let cursors = try expireCursors(now: now)
      let entries = try retain(now: now)
      let discarded = try deleteDiscarded()
      let states = try mergeStates()
      isAgain = try giveBack() || keys || cursors || entries || discarded || states
    }
    try writeBackIfDue()
  }

  /// Counts what went wrong between publishes: it will be tried again.
  func noteUpkeepFailure(_ error: StorageError) {
    statistics.failures += 1
    topics.putBack()
    forgetStates()
    // Nobody waits for merging that may have failed.
    mergeDebt = 0
    noteFailure(error)
  }

  /// Writes everything into the database and notes that it was closed.
  ///
  /// If the disk does not take the note, the next start takes the end for a crash, which is safe.
  ///
  /// What has gone wrong on the thread that writes back is heard first. After that, and where it is not
  /// known what became of a commit, the database is opened once more; if it can't be, its log stays for
  /// the next start, whatever SQLite takes for written back.
  func close() {
    do {
      try endWriteBack()
    } catch {
      noteUpkeepFailure(error)
    }
    if database == nil { _ = try? connected() }
    giveUpDoubtful()
    guard let database else { return }
    readers?.forgetConnections()
    do {
      try synchronize(true, database)
      try Lifetime.end(in: database)
      // Else the log stays for the next start.
      if try writeBack(SQLITE_CHECKPOINT_TRUNCATE, database) {
        database.writeBackOnClose(true)
      }
    } catch {
      statistics.failures += 1
    }
    disconnect()
  }
}
