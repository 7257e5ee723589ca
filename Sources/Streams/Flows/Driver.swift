// SPDX-License-Identifier: Apache-2.0

/// Drives an operator over batches: entries, marks, deadlines and watermarks in the order that the
/// log prescribes, never more outputs than there is room for.
@usableFromInline
struct Driver<Chain: Operator>: ~Copyable {
  /// Why ``step(room:)`` returned.
  @usableFromInline
  enum Progress {
    /// There is no room; take ``outputs`` and go on.
    case full
    /// Take ``outputs``, then pass ``told`` on: windows fired by it are among them.
    case watermark
    /// Take ``outputs``, then tell of the end of an input.
    case endOfInput
    /// Take ``outputs``, then see to the elements that failed.
    case failed
    /// Take ``outputs``; everything that was loaded is done.
    case idle
  }

  /// How far the end of an input or of the whole source has been told.
  @usableFromInline
  enum Ending: UInt8, Sendable {
    case open
    case endOfInput
    case lastWatermark
    case finish
    case finished
  }

  /// Where batches come from.
  @usableFromInline typealias Reader = any FlowReader<Chain.Input>
  /// The work of ``run(_:room:)``, made where the chain's type is known.
  @usableFromInline typealias Loop = @Sendable (inout Driver, Reader?, Int) -> Progress

  @usableFromInline var chain: Chain
  @usableFromInline let strategy: WatermarkStrategy<Chain.Input>
  @usableFromInline let loop: Loop
  /// Whether whoever takes the outputs wants to know of each watermark, and where it stands.
  @usableFromInline let tellsWatermarks: Bool
  /// Whether watermarks and gaps are kept among the outputs, in ``notes``, instead of returning.
  @usableFromInline let notesMarks: Bool
  /// What came out and was not taken yet, in order.
  @usableFromInline var outputs: [Chain.Output] = []
  /// Where the outputs of one instant end, and that instant; the newest instant is ``now``.
  @usableFromInline var instants: [(end: Int, now: Timestamp)] = []
  /// The watermarks and gaps that were noted, each with the number of outputs before it.
  @usableFromInline var notes: [(place: Int, item: Batch<Chain.Output>.Item)] = []
  /// The watermark: no element before it is expected.
  @usableFromInline var watermark = Timestamp.distantPast
  /// What the driver has counted.
  @usableFromInline var counters = DriverCounters()

  /// The watermark that the chain has heard of, or has no use for.
  @usableFromInline var told = Timestamp.distantPast
  /// The watermark for which `step` has returned.
  @usableFromInline var settled = Timestamp.distantPast
  @usableFromInline var now = Timestamp.distantPast
  /// When the newest entry or mark was appended.
  @usableFromInline var heard = Timestamp.distantPast
  @usableFromInline var items: [Batch<Chain.Input>.Item] = []
  @usableFromInline var itemIndex = 0
  @usableFromInline var elementIndex = 0
  /// Where the element stands that failed last.
  @usableFromInline var failedPlace: (item: Int, element: Int)?
  @usableFromInline var silentThrough = Timestamp.distantPast
  @usableFromInline var ending = Ending.open
  /// Whether it comes back once what the chain held is out, before it begins another element: then the
  /// state can be taken.
  @usableFromInline var restsWhenDone = false
  /// What it came to when it last worked; who does not know the chain's type would copy all of it to
  /// ask.
  @usableFromInline var stock = Stock()

  init(
    _ chain: Chain,
    _ strategy: WatermarkStrategy<Chain.Input>,
    tellsWatermarks: Bool = true,
    notesMarks: Bool = false,
    loop: @escaping Loop = { driver, reader, room in driver.work(reader, room: room) }
  ) {
    self.chain = chain
    self.strategy = strategy
    self.tellsWatermarks = tellsWatermarks
    self.notesMarks = notesMarks
    self.loop = loop
    takeStock()
  }

  /// Gives it the next batch; the one before must be done.
  @inlinable
  mutating func load(_ batch: Batch<Chain.Input>) {
    items = batch.items
    itemIndex = 0
    elementIndex = 0
    if let instant = batch.silentThrough { silentThrough = max(silentThrough, instant) }
  }

  /// Works until all is done or `outputs` holds at least `room`.
  @inlinable
  mutating func step(room: Int) -> Progress {
    while true {
      if Chain.fails, chain.hasFailures { return .failed }
      if outputs.count >= room { return .full }
      if Chain.holds, chain.isPending {
        chain.resume(at: now, room: room - outputs.count) { outputs.append($0) }
        if restsWhenDone, !chain.isPending, !outputs.isEmpty { return .full }
      } else if told > settled, !isEnding {
        settled = told
        if notesMarks {
          // The end itself says that no element is to come, where it is the end of all.
          if ending != .finished { note(.mark(.watermark(told), appended: now)) }
        } else if tellsWatermarks {
          return .watermark
        }
      } else if watermark > told, watermark >= interest {
        tellWatermark()
      } else if Chain.ends, ending == .open, chain.isDone {
        endEarly()
      } else if itemIndex < items.count {
        if takeItem(room: room) {
          itemIndex += 1
          if ending == .endOfInput {
            ending = .open
            return .endOfInput
          }
        }
      } else if deadline <= silentThrough, ending == .open {
        fireDeadline()
      } else if ending != .open, ending != .finished {
        takeEnding()
      } else {
        return .idle
      }
    }
  }

  /// The least watermark that the chain, or whoever takes the outputs, needs to hear of.
  ///
  /// Where it is not the chain's, it is a fixed step after the one that was told: so its place among
  /// the outputs depends on the log alone and not on the batches in which the log was read.
  @inlinable var interest: Timestamp {
    let next = chain.nextWatermark
    return next == .never && tellsWatermarks ? told.advanced(byMilliseconds: strategy.step) : next
  }

  /// Tells the chain how far the watermark has come, if that is far enough for it.
  @inlinable
  mutating func tellWatermark() {
    told = watermark
    if watermark >= chain.nextWatermark {
      chain.advance(to: watermark, at: now) { outputs.append($0) }
    }
  }

  /// When something is to be done though nothing comes.
  @inlinable var deadline: Timestamp {
    strategy.silence == nil ? chain.deadline : min(chain.deadline, silenceDeadline)
  }

  /// Does what is to be done at the deadline that has come.
  @inlinable
  mutating func fireDeadline() {
    let due = deadline
    move(to: due)
    if chain.deadline <= due {
      chain.fire(at: now) { outputs.append($0) }
    } else {
      breakSilence(at: due)
    }
  }

  /// Moves on to another instant.
  @inlinable
  mutating func move(to instant: Timestamp) {
    guard instant > now else { return }
    if outputs.count > (instants.last?.end ?? 0) { instants.append((outputs.count, now)) }
    now = instant
  }

  /// Keeps a watermark or a gap, behind the outputs so far.
  @inlinable
  mutating func note(_ item: Batch<Chain.Output>.Item) {
    notes.append((outputs.count, item))
  }

  /// Whether something came out.
  @inlinable var hasNews: Bool { !outputs.isEmpty || !notes.isEmpty }

  /// Takes what was noted; to be called before ``takeOutputs()``.
  mutating func takeNotes() -> [(place: Int, item: Batch<Chain.Output>.Item)] {
    defer { notes.removeAll(keepingCapacity: true) }
    return notes
  }

  /// Takes what came out.
  @inlinable
  mutating func takeOutputs() -> [Chain.Output] {
    instants.removeAll(keepingCapacity: true)
    if outputs.isEmpty { return [] }
    var taken: [Chain.Output] = []
    taken.reserveCapacity(outputs.count)
    swap(&taken, &outputs)
    return taken
  }
}
