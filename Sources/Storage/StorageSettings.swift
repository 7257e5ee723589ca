// SPDX-License-Identifier: Apache-2.0

/// How much memory and disk the store may use.
public struct StorageSettings: Sendable {
  /// The most requests that wait to be written; further ones are refused; default 16,384.
  public var maximumQueuedRequests = 16_384
  /// The most bytes of them; default 64 MiB.
  public var maximumQueuedBytes = 64 << 20
  /// The most bytes of one transaction: it bounds how long the first publish of a group waits for the
  /// others; default 4 MiB, but for a single request.
  public var maximumGroupBytes = 4 << 20
  /// The most reads that wait; default 4,096.
  public var maximumQueuedReads = 4_096
  /// The threads that read; default 2.
  public var readers = 2
  /// The memory of each connection's page cache; default 8 MiB.
  public var cacheBytes = 8 << 20
  /// The pages of the write-ahead log from which it is written back; default 1,000 of 4 KiB.
  public var checkpointPages = 1_000
  /// The most bytes of all topics together, counted as for each; default: no bound.
  public var maximumTotalBytes: Int64?
  /// How long an idempotency key is remembered; default a day.
  public var keyAge: Duration = .seconds(86_400)
  /// The most idempotency keys of all topics; beyond it the oldest go; default a million.
  public var maximumKeys: Int64 = 1_000_000
  /// The most entries that one step of retention deletes; default 256: about a millisecond.
  public var retentionStep = 256
  /// The bytes that a step of merging state writes, or one block: about a millisecond.
  var stateStepBytes = 128 << 10
  /// The name of SQLite's file system layer; `nil` is the system's.
  var system: String?
  /// The name of this run of the machine; tests have their own.
  var bootID: String? = Files.bootID

  /// Makes the default settings.
  public init() {}
}

/// Bounds that are not settings.
public enum StorageLimits {
  /// The most topics.
  public static let topics = Int(RowNumber.maximumTopic)
  /// The most entries of one append.
  public static let entriesPerAppend = 100_000
  /// The most bytes of one entry.
  public static let entryBytes = 16 << 20
  /// The longest name of a topic or a pipeline, in bytes of UTF-8.
  public static let nameBytes = 255
  /// The most offsets that are named where rows of a table are damaged.
  static let namedOffsets = 100
  /// The longest idempotency key, in bytes of UTF-8.
  public static let keyBytes = 255
  /// The longest key of a part of a pipeline's state, in bytes.
  public static let stateKeyBytes = 1 << 10
  /// The most bytes of a part of a pipeline's state.
  public static let stateBytes = 64 << 20
  /// The longest definition of a pipeline, in bytes of UTF-8.
  public static let definitionBytes = 64 << 10
  /// The most marks of a topic; beyond it the oldest go.
  public static let marksPerTopic: UInt64 = 100_000
  /// The most cursors of named consumers.
  public static let cursors = 10_000
  /// The most webhooks.
  public static let webhooks = 256
  /// The longest URL of a webhook, in bytes.
  public static let webhookURLBytes = 2 << 10
  /// The deliveries that are remembered of each webhook after they were given up; the newest.
  public static let webhookFailures = 1_000
  /// The newest entries whose checksums are looked at when the store is opened.
  public static let checkedAtStart = 1_000
}
