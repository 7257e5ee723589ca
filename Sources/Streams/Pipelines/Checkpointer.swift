// SPDX-License-Identifier: Apache-2.0

/// Stores what a pipeline writes into a durable topic together with the pipeline's place and state.
///
/// What is written waits until the state can be taken: between two entries of the input, when all that
/// came out was taken. So whatever ends the process, state and output are those of one instant.
///
/// A commit that failed is not there: the journal says so only once it knows.
struct Checkpointer<Element: Sendable> {
  private let topic: Topic<Element>
  private let journal: any TopicJournal<Element>
  private let pipeline: any PipelineJournal
  private var writes: [CheckpointedWrite<Element>] = []
  /// What waits for other topics, in order.
  private var sides: [any StoredSideWrite] = []
  /// The journals of other topics that are there.
  private var prepared: Set<ObjectIdentifier> = []
  private var image: StateImage
  /// Commits that were prepared and are not stored yet; `nil` for one without a change of the state.
  private var unstored: [(any PreparedState)?] = []
  /// Elements that wait, and their bytes.
  private var waiting = 0
  private var waitingBytes = 0
  /// What of them waits for the output, and for other topics by their journals.
  private var outputBytes = 0
  private var sideBytes: [ObjectIdentifier: Int] = [:]
  /// Whether so much waits for a topic that a commit should not bring more.
  private var isFull = false
  /// What had been received at the last checkpoint.
  private var receivedBefore: UInt64 = 0
  /// When the state may be taken again, so that it costs at most a tenth of the time.
  private var restsUntil = ContinuousClock.now

  private init(
    _ topic: Topic<Element>,
    _ journal: any TopicJournal<Element>,
    _ pipeline: any PipelineJournal,
    _ image: StateImage
  ) {
    (self.topic, self.journal) = (topic, journal)
    (self.pipeline, self.image) = (pipeline, image)
  }

  /// Opens what is stored of a pipeline.
  ///
  /// - Parameters:
  ///   - name: The pipeline's name.
  ///   - topic: What it writes.
  ///   - journal: That topic's.
  ///   - definition: What the pipeline consists of.
  /// - Returns: What stores it, and what it starts from.
  /// - Throws: ``JournalError``, or ``StateError`` if what is stored is damaged.
  nonisolated(nonsending) static func open(
    _ name: String,
    into topic: Topic<Element>,
    _ journal: any TopicJournal<Element>,
    definition: String
  ) async throws -> (checkpointer: Checkpointer, start: CheckpointStart) {
    let pipeline = try await journal.openPipeline(name, definition: definition)
    guard pipeline.definition == definition else {
      try await pipeline.reset(definition: definition)
      return (Checkpointer(topic, journal, pipeline, StateImage()), .changed)
    }
    let stored = try await pipeline.read()
    let image = try StateImage(stored)
    let start = image.decoder(of: stored).map { CheckpointStart.state($0) } ?? .new
    return (Checkpointer(topic, journal, pipeline, image), start)
  }

  /// Lets elements wait for the next checkpoint.
  mutating func add(_ elements: [Element]) {
    if writes.last.map({ $0.marks.isEmpty }) != true { writes.append(CheckpointedWrite()) }
    writes[writes.count - 1].elements += elements
    waiting += elements.count
    let bytes = topic.weigher.total(elements)
    outputBytes += bytes
    note(bytes, of: outputBytes, for: journal)
  }

  /// Lets a mark wait, behind them.
  mutating func add(_ mark: Mark) {
    if writes.isEmpty { writes.append(CheckpointedWrite()) }
    writes[writes.count - 1].marks.append(mark)
  }

  /// Lets elements for another topic wait, if they can be stored together with the rest.
  ///
  /// - Parameter write: The elements.
  /// - Returns: Whether they wait; else they are to be written at once. Suspends for the disk the first
  ///   time.
  /// - Throws: ``JournalError``; they do not wait.
  nonisolated(nonsending) mutating func add(_ write: SideWrite) async throws(JournalError) -> Bool {
    guard let side = write.stored, journal.sharesCommits(with: side.journal) else { return false }
    let name = ObjectIdentifier(side.journal)
    if !prepared.contains(name) {
      try await side.prepare()
      prepared.insert(name)
    }
    sides.append(side)
    waiting += side.count
    let bytes = side.bytes
    sideBytes[name, default: 0] += bytes
    note(bytes, of: sideBytes[name, default: 0], for: side.journal)
    return true
  }

  /// Counts what waits for a topic, which should be no more than a part of what that keeps.
  private mutating func note(_ bytes: Int, of sum: Int, for journal: any TopicJournal) {
    waitingBytes += bytes
    let share = journal.maximumBytes / CheckpointLimits.topicShare
    isFull = isFull || waitingBytes >= CheckpointLimits.waitingBytes || Int64(sum) >= share
  }

  /// Whether a checkpoint is worth its cost.
  ///
  /// - Parameters:
  ///   - received: What the pipeline has received in all.
  ///   - isIdle: Whether there is nothing else to do.
  /// - Returns: Whether to make one.
  func isDue(received: UInt64, isIdle: Bool) -> Bool {
    if waiting >= CheckpointLimits.waiting || isFull { return true }
    if isIdle, hasWrites { return true }
    let unstored = received &- receivedBefore
    if unstored >= CheckpointLimits.receivedAtMost { return true }
    guard ContinuousClock.now >= restsUntil else { return false }
    return hasWrites || unstored >= CheckpointLimits.received
  }

  /// Whether something waits to be stored.
  private var hasWrites: Bool { !writes.isEmpty || !sides.isEmpty }

  /// Stores what waits, with the state; suspends until it is stored.
  ///
  /// A state of which much is new takes several commits: what waits is in the last one, which alone
  /// makes the others count.
  /// - Parameters:
  ///   - received: What the pipeline has received in all.
  ///   - encode: Writes the state down.
  /// - Throws: ``StateError``, ``PublishError``; nothing was stored.
  nonisolated(nonsending) mutating func commit(
    received: UInt64,
    _ encode: (inout StateEncoder) throws -> Void
  ) async throws {
    let clock = ContinuousClock()
    var cost = Duration.zero
    repeat {
      if unstored.isEmpty {
        let start = clock.now
        var encoder = image.makeEncoder()
        try encode(&encoder)
        unstored = try image.prepare(encoder).map { pipeline.prepare($0) }
        cost += clock.now - start
      }
      try await storePrepared()
      image.settle()
    } while image.isAhead
    forgetWrites()
    restsUntil = clock.now + cost * 9
    receivedBefore = received
  }

  /// Stores the commits that were prepared, in their order; those that are not stored are tried again as
  /// they are, so that trying for long takes no more memory.
  private nonisolated(nonsending) mutating func storePrepared() async throws {
    while let changes = unstored.first {
      if unstored.count == 1, !image.isAhead {
        try await topic.store(writes, sides, changes, in: journal)
      } else if let changes {
        try await topic.store([], [], changes, in: journal)
      }
      unstored.removeFirst()
    }
  }

  private mutating func forgetWrites() {
    (writes, sides) = ([], [])
    (waiting, waitingBytes, outputBytes, sideBytes, isFull) = (0, 0, 0, [:], false)
  }

  /// Stores what waits, without a state; suspends until it is stored.
  ///
  /// - Throws: ``PublishError``; nothing was stored.
  nonisolated(nonsending) mutating func finish() async throws {
    guard hasWrites else { return }
    try await topic.store(writes, sides, nil, in: journal)
    forgetWrites()
  }
}

/// What a pipeline that is checkpointed starts from.
enum CheckpointStart {
  /// Nothing: it has not run yet.
  case new
  /// Nothing: what was stored is of another definition, and was forgotten.
  case changed
  /// Its state.
  case state(StateDecoder)
}
