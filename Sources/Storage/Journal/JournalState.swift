// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// What a journal knows of its topic, and how far it is with opening it.
struct JournalState {
  enum Stage {
    /// The next append opens the topic, or its table.
    case unopened
    /// What is to be appended when it is open, in order.
    case opening(WaitingCommits)
    case open(TopicID)
  }

  var stage: Stage
  /// The topic as it was opened; `nil` while it is not stored.
  var topic: StoredTopic?
  var firstOffset: Offset
  var bytes: Int64
  /// Opens the table without which nothing is appended; `nil` if none is needed.
  var openTable: TableOpener?
}

/// Opens the table of a topic; answers why that was not possible.
typealias TableOpener = @Sendable () async -> JournalError?

/// A commit that was handed to a journal.
struct WaitingCommit {
  let commit: JournalCommit
  let sides: [LogAppend]
  let completion: @Sendable (Result<[JournalReceipt], JournalError>) -> Void

  /// What it holds in memory.
  fileprivate var bytes: Int {
    let own = commit.appends.reduce(0) { $0 + $1.payloads.reduce(0) { $0 + $1.count } }
    let others = sides.reduce(0) { $0 + $1.payloads.reduce(0) { $0 + $1.count } }
    return own + others + (commit.state?.bytes ?? 0)
  }
}

/// Commits that wait for a topic to be opened.
struct WaitingCommits {
  /// The most of them.
  static let maximumCount = 1_024
  /// The most bytes of them, but for one commit.
  static let maximumBytes = 32 << 20

  private(set) var commits: [WaitingCommit] = []
  private var bytes = 0

  /// Whether one more may wait.
  func takes(_ commit: WaitingCommit) -> Bool {
    commits.count < Self.maximumCount
      && (commits.isEmpty || bytes + commit.bytes <= Self.maximumBytes)
  }

  mutating func add(_ commit: WaitingCommit) {
    commits.append(commit)
    bytes += commit.bytes
  }
}
