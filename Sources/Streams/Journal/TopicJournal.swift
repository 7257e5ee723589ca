// SPDX-License-Identifier: Apache-2.0

/// What stores the entries of one topic so that they outlive the process; only that topic uses it.
///
/// A topic with a journal appends an entry to its ring when the journal has it, and not before. What
/// is older than the ring is read from the journal, so nobody who is behind holds a publisher back.
public protocol TopicJournal<Element>: AnyObject, Sendable {
  /// What the topic holds.
  associatedtype Element: Sendable

  /// The oldest offset that it keeps, as far as is known: retention may be ahead of it.
  var firstOffset: Offset { get }
  /// What the kept entries count for on disk, in bytes, as far as is known.
  var bytes: Int64 { get }
  /// The most bytes that it keeps, counted as the payloads and 64 for each entry: one append can't be
  /// more. Default: no bound.
  var maximumBytes: Int64 { get }

  /// The stored form of elements; called before they are handed over, outside of any lock.
  ///
  /// - Throws: ``JournalError`` if an element can't be written down.
  func encode(_ elements: [Element]) throws(JournalError) -> [[UInt8]]

  /// Takes entries and marks to be stored; called under the topic's lock, so it must be short.
  ///
  /// - Parameters:
  ///   - commit: What to store: all of it or nothing.
  ///   - completion: Called once from any thread, never within this call, with a receipt for each
  ///     append; of what is stored in the order of the calls. An error says that nothing of it is
  ///     stored, now or later: a journal that does not know yet finds out before it calls. Only one
  ///     that is closed meanwhile may say less.
  /// - Throws: ``JournalError`` when it takes nothing more now; the completion is not called.
  func append(
    _ commit: JournalCommit,
    completion: @escaping @Sendable (Result<[JournalReceipt], JournalError>) -> Void
  ) throws(JournalError)

  /// Whether appends to the topic of another journal may be parts of this one's commits.
  func sharesCommits(with other: any TopicJournal) -> Bool

  /// Opens what is stored of a pipeline that writes the topic; suspends for the disk.
  ///
  /// - Parameters:
  ///   - name: The pipeline's name.
  ///   - definition: What makes its state its own; kept with the state.
  /// - Returns: Its state, with the definition under which that was stored.
  /// - Throws: ``JournalError``.
  nonisolated(nonsending) func openPipeline(
    _ name: String,
    definition: String
  ) async throws(JournalError) -> any PipelineJournal

  /// Keeps the topic's table from now on: tells it what is stored of it, then what it has missed, and
  /// shows it; from then on each commit stores what the table keeps, too. Suspends for the disk.
  ///
  /// - Parameters:
  ///   - table: The table; the journal calls it from its threads, one call after the other.
  ///   - recovery: What to do if something of it is not what was stored.
  /// - Throws: ``TableError``; the topic has no table then.
  nonisolated(nonsending) func openTable(
    _ table: any JournalTable<Element>,
    recovery: TableRecovery
  ) async throws(TableError)

  /// Lets appends wait from now on until the topic's table is open, so that it judges all of them; if
  /// it can't be opened they are refused.
  ///
  /// - Parameter open: Opens it by ``openTable(_:recovery:)``, or finds it open; answers why it is not.
  ///   Called for the next append, and after a failure for the one behind that.
  func requireTable(_ open: @escaping @Sendable () async -> JournalError?)

  /// Reads entries and marks that are stored, and calls `completion` once, from any thread, never
  /// within this call.
  func read(
    _ request: JournalRequest,
    completion: @escaping @Sendable (Result<JournalBatch<Element>, JournalError>) -> Void
  )
}

extension TopicJournal {
  /// No bound.
  public var maximumBytes: Int64 { .max }

  /// The stored form of elements, as publishers are told of what can't be written down.
  func payloads(of elements: [Element]) throws(PublishError) -> [[UInt8]] {
    do throws(JournalError) {
      return try encode(elements)
    } catch {
      throw .notStored(error)
    }
  }

  /// Does nothing: a journal keeps tables if it says how.
  public func requireTable(_ open: @escaping @Sendable () async -> JournalError?) {}

  /// Refuses: a journal keeps tables if it says how.
  public nonisolated(nonsending) func openTable(
    _ table: any JournalTable<Element>,
    recovery: TableRecovery
  ) async throws(TableError) {
    throw .refused(topic: "", reason: "its journal keeps no tables")
  }
}

/// What a topic hands to its journal: the entries of one publish, or marks.
public struct JournalAppend: Sendable {
  /// The entries in their stored form, of consecutive offsets.
  public var payloads: [[UInt8]]
  /// Marks behind these entries.
  public var marks: [Mark]
  /// The instant of all of it; a later one may take its place.
  public var appended: Timestamp
  /// The publish's idempotency key, or `nil`.
  public var key: String?
  /// What the row of its one entry must be, where the topic is a table; `nil` for anything.
  ///
  /// A known key is answered whatever the row is now.
  public var condition: RowCondition?
}

/// What becomes durable together.
public struct JournalCommit: Sendable {
  /// Entries and marks of the topic, in order.
  public var appends: [JournalAppend]
  /// What changes with them of a pipeline's state; `nil` if nothing does.
  public var state: (any PreparedState)?
  /// What the pipeline writes beside its output, into other topics.
  public var sides: [SideAppend] = []

  /// Makes a commit.
  public init(_ appends: [JournalAppend]) {
    self.appends = appends
  }
}

/// An append to another topic than that of the commit's journal.
public struct SideAppend: Sendable {
  /// That topic's journal, which shares commits with the one that the commit is handed to.
  public var journal: any TopicJournal
  /// What is appended.
  public var append: JournalAppend
  /// To be called with what became of it, as the commit's own is, before that.
  public var completion: @Sendable (Result<JournalReceipt, JournalError>) -> Void
}

/// Where an append was stored.
public struct JournalReceipt: Sendable {
  /// The life of the log.
  public var epoch: Epoch
  /// The offset of the first entry; of marks alone, the one that the next entry gets.
  public var firstOffset: Offset
  /// The offset of the last entry; of marks alone, of the one before them.
  public var lastOffset: Offset
  /// The instant of the entries and marks.
  public var appended: Timestamp
  /// The number of the first mark.
  public var firstMark: UInt64
  /// Whether the key was known: nothing was stored, the offsets are those of the first publish.
  public var isRepeat: Bool

  /// Makes a receipt.
  public init(
    epoch: Epoch,
    firstOffset: Offset,
    lastOffset: Offset,
    appended: Timestamp,
    firstMark: UInt64 = 1,
    isRepeat: Bool = false
  ) {
    self.epoch = epoch
    self.firstOffset = firstOffset
    self.lastOffset = lastOffset
    self.appended = appended
    self.firstMark = firstMark
    self.isRepeat = isRepeat
  }
}
