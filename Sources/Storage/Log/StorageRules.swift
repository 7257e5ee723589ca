// SPDX-License-Identifier: Apache-2.0

/// What a commit to a topic waits for.
public enum Synchronous: Int64, Sendable, Hashable, CaseIterable {
  /// The operating system has it: it survives the end of the process, whatever ends it. When the
  /// machine stops, the newest may be gone, and the topic has a new epoch.
  case normal = 1
  /// The disk has it: it survives a power loss. Default.
  case full = 2
}

/// What a topic on disk keeps, and how sure a publish is when it is acknowledged.
public struct StorageRules: Hashable, Sendable {
  /// What happens to a publish for which the topic, or the store, has no room.
  public enum LimitPolicy: Hashable, Sendable {
    /// It is refused.
    case refuse
    /// The topic's oldest entries go. Default.
    case dropOldest
  }

  /// What a commit waits for.
  public var synchronous: Synchronous
  /// The entries that are kept at least; an eighth more, at most 512, may be there; default: no bound.
  public var maximumCount: UInt64?
  /// How long an entry is kept; default: no bound.
  public var maximumAge: Duration?
  /// The most bytes: payloads and 48 for each entry, and each row of its table; default 1 GiB.
  ///
  /// When the oldest go, a thirty-second of it is freed at once.
  public var maximumBytes: Int64
  /// What happens at that limit.
  public var atLimit: LimitPolicy

  /// Makes rules; a count, an age or a number of bytes is at least one.
  public init(
    synchronous: Synchronous = .full,
    maximumCount: UInt64? = nil,
    maximumAge: Duration? = nil,
    maximumBytes: Int64 = 1 << 30,
    atLimit: LimitPolicy = .dropOldest
  ) {
    precondition(maximumCount != 0 && maximumBytes > 0, "a topic keeps something")
    precondition(maximumAge.map { $0 >= .milliseconds(1) } ?? true, "an entry is kept for a while")
    self.synchronous = synchronous
    self.maximumCount = maximumCount
    self.maximumAge = maximumAge
    self.maximumBytes = maximumBytes
    self.atLimit = atLimit
  }

  /// How many entries more than ``maximumCount`` may be there before the oldest go.
  var countSlack: UInt64 { min(512, (maximumCount ?? 0) / 8) }
}
