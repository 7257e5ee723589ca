// SPDX-License-Identifier: Apache-2.0

extension Table {
  /// Opens the table of a topic; of a durable one it is read from disk first, which suspends.
  ///
  /// The disk has every key with its value as long as the key lives, whatever the topic's retention
  /// has deleted; it changes in the commits of the changes. So after a restart, also after
  /// `kill -9`, snapshot and changes are those of a run without it. A topic that gets a table later
  /// than its first entries begins with those it keeps. Publishing goes on meanwhile.
  /// - Parameters:
  ///   - topic: The topic of changes. A table it has already, this is it, with the bounds that has.
  ///   - maximumKeys: The most keys, in memory and on disk. Beyond it those go whose values were set
  ///     the longest ago, and are counted. Default 100,000.
  ///   - maximumBytes: The most bytes, by the topic's weigher; beyond it the same happens, but never
  ///     to the newest entry. Default 64 MiB.
  ///   - recovery: What to do if something of it is not what was stored. Default: refuse.
  /// - Returns: The table; it is kept as long as the topic is.
  /// - Throws: ``TableError``. Cancelling waits for what becomes of it.
  @inlinable
  public static nonisolated(nonsending) func open(
    _ topic: Topic<Change>,
    maximumKeys: Int = 100_000,
    maximumBytes: Int = 64 << 20,
    recovery: TableRecovery = .refuse
  ) async throws(TableError) -> Table {
    let rules = rules(maximumKeys, maximumBytes)
    try await topic.openTable("\(Key.self)", recovery) {
      DurableKeys($0, $1, KeyIndex(rules, weigher: $2))
    }
    return Table(topic, maximumKeys: maximumKeys, maximumBytes: maximumBytes)
  }
}

extension Topic {
  /// Makes the topic a table; that of a durable topic is read from disk first, which suspends.
  ///
  /// What ``keepNewest(by:deleting:maximumKeys:maximumBytes:)`` does, for any topic. See
  /// ``Table/open(_:maximumKeys:maximumBytes:recovery:)`` for what a durable one promises.
  /// - Parameters:
  ///   - definition: What the keys are, in words of the caller's; kept on disk, so that a table of
  ///     other keys is not taken for this one.
  ///   - key: What an entry is about; the same entry always gives the same key. It is called while
  ///     the topic is locked: it is short and does not touch the topic; the same holds for `isDeletion`.
  ///   - isDeletion: Whether an entry deletes its key.
  ///   - maximumKeys: The most keys, in memory and on disk. Default 100,000.
  ///   - maximumBytes: The most bytes, by the topic's weigher. Default 64 MiB.
  ///   - recovery: What to do if something of it is not what was stored. Default: refuse.
  /// - Throws: ``TableError``. Cancelling waits for what becomes of it.
  @inlinable
  public nonisolated(nonsending) func openTable<Key: Hashable & Sendable>(
    named definition: String,
    by key: @escaping @Sendable (Element) -> Key,
    deleting isDeletion: @escaping @Sendable (Element) -> Bool,
    maximumKeys: Int = 100_000,
    maximumBytes: Int = 64 << 20,
    recovery: TableRecovery = .refuse
  ) async throws(TableError) {
    let rules = KeyRules(
      key: key,
      kind: { isDeletion($0) ? .deletion : .ordinary },
      maximumKeys: maximumKeys,
      maximumBytes: maximumBytes
    )
    try await openTable(definition, recovery) {
      DurableKeys($0, $1, KeyIndex(rules, weigher: $2))
    }
    keepTable { KeyIndex(rules, weigher: $0) }
  }

  /// Has the journal read the topic's table unless it has one; a volatile topic needs none of it.
  @usableFromInline
  nonisolated(nonsending) func openTable(
    _ definition: String,
    _ recovery: TableRecovery,
    _ makeTable: (Topic, String, Weigher<Element>) -> any JournalTable<Element>
  ) async throws(TableError) {
    guard let journal else { return }
    guard !hasLostItsLife else {
      throw .refused(topic: name, reason: "its log has begun another life; ask for it anew")
    }
    let request = TableRequest(definition: definition, recovery: recovery)
    while true {
      let waiting = OneShot<TableFailure?>()
      switch beginOpening(request, waiting) {
      case .isOpen: return
      case .hasFailed(let error): throw error
      case .others:
        if let failure = await waiting.value(), failure.request == request { throw failure.error }
      case .mine:
        do throws(TableError) {
          try await journal.openTable(makeTable(self, definition, weigher), recovery: recovery)
        } catch {
          let until = clock.now + error.restsFor
          endOpening(TableFailure(request: request, error: error, until: until))
          throw error
        }
        return endOpening(nil)
      }
    }
  }

  /// Registers who opens the table, or waits for the one who does.
  private func beginOpening(
    _ request: TableRequest,
    _ waiting: OneShot<TableFailure?>
  ) -> TableOpening {
    let now = clock.now
    return state.withLock { state in
      let extras = state.makeExtras()
      if extras.indexes.table != nil { return .isOpen }
      if let failure = extras.tableFailure, failure.request == request,
        failure.holds(at: now)
      {
        return .hasFailed(failure.error)
      }
      guard extras.tableWaiters == nil else {
        extras.tableWaiters?.append(waiting)
        return .others
      }
      extras.tableWaiters = []
      return .mine
    }
  }

  /// Tells those who wait; of a table that can't be read all of them, and those who come soon, are told
  /// so by what was read once.
  private func endOpening(_ failure: TableFailure?) {
    let waiters = state.withLock { state in
      let extras = state.makeExtras()
      extras.tableFailure = failure
      defer { extras.tableWaiters = nil }
      return extras.tableWaiters ?? []
    }
    for waiter in waiters { waiter.settle(failure) }
  }
}

/// Who opens the table of a topic.
private enum TableOpening {
  /// Nobody any more.
  case isOpen
  /// Somebody has, a moment ago, and could not.
  case hasFailed(TableError)
  /// Somebody else, who tells when it is done.
  case others
  /// Whoever has asked.
  case mine
}

/// What was asked for when a table was opened.
struct TableRequest: Hashable, Sendable {
  let definition: String
  let recovery: TableRecovery
}

/// Why a table could not be opened.
struct TableFailure: Sendable {
  let request: TableRequest
  let error: TableError
  /// Until when that is answered without another look at the disk.
  let until: Timestamp

  /// Whether it is answered so: not for long, if the clock was set back meanwhile.
  func holds(at now: Timestamp) -> Bool {
    now < until && until <= now + TableError.longestRest
  }
}

extension TableError {
  fileprivate static let longestRest = Duration.seconds(5)

  /// How long it is answered without another look at the disk, which may be a long one.
  fileprivate var restsFor: Duration {
    switch self {
    case .damaged, .otherDefinition, .damagedLog, .missed: Self.longestRest
    case .notOpened, .refused: .zero
    }
  }
}
