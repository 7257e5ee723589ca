// SPDX-License-Identifier: Apache-2.0

/// An actor that pulls a flow and writes what comes out into a sink.
///
/// Its place in the source is taken when it is made, so that nothing published after that is
/// missed; ``run()`` does the work. Held back by its sink, it holds back its source.
///
/// One that writes a durable topic is checkpointed: what it writes is stored together with its place in
/// the source and the state of its operators, and after a restart it goes on from there. Where that
/// can't be stored, ``PipelineStatistics/checkpoints`` says why, and what it writes may come again.
///
/// Watermarks go into the sink behind the results that they fired. Their places among the results
/// are a function of the log, whatever the batches in which it was read.
public actor Pipeline<Chain: Operator>: RunnablePipeline {
  /// The name it is known by.
  public nonisolated let name: String
  /// The name of what it reads.
  public nonisolated let inputName: String
  /// The name of what it writes.
  public nonisolated let outputName: String

  private let sink: any FlowSink<Chain.Output>
  private let reading: FlowReading<Chain>
  private var writtenWatermark = Timestamp.distantPast
  private var hasStarted = false
  /// Elements written so far.
  private var written: UInt64 = 0
  /// The elements received and written when others last had their turn.
  private var lastYield: UInt64 = 0
  private let snapshot: Guarded<PipelineStatistics>
  /// What makes its stored state its own.
  private let definition: String
  /// What stores its state with what it writes; `nil` where nothing is stored.
  private var checkpointer: Checkpointer<Chain.Output>?
  /// Hears of what whoever runs it should know.
  private var report: @Sendable (String) -> Void = { _ in }

  /// Makes a pipeline and takes its place in the source.
  public init(_ name: String, _ flow: Flow<Chain>, into sink: any FlowSink<Chain.Output>) {
    self.name = name
    self.sink = sink
    inputName = flow.source.name
    outputName = sink.name
    reading = FlowReading(flow, tellsWatermarks: true)
    snapshot = Guarded(PipelineStatistics(plan: flow.plan))
    definition = flow.plan.definition
  }

  /// What the pipeline has counted: all of it while it waits for its source; while it works, its
  /// stages count what they had at most ``PipelineLimits/budget`` elements and a batch ago.
  public nonisolated var statistics: PipelineStatistics { snapshot.withLock { $0 } }

  /// Works until the source ends; called once.
  ///
  /// Cancelling the task ends it between two batches, or takes back a write that its sink
  /// holds: that is written whole, or not at all.
  /// - Parameter report: Hears once how it goes on from what is stored of it, if that is not as if
  ///   nothing had happened, and when it begins and ends to wait because something can't be stored.
  /// - Throws: `CancellationError`, or what the source or the sink threw; ``PipelineError`` for a
  ///   second call, which changes nothing.
  public func run(report: @escaping @Sendable (String) -> Void) async throws {
    guard !hasStarted else { throw PipelineError.started }
    hasStarted = true
    self.report = report
    set(.running)
    defer { reading.release() }
    do {
      try await takeUp()
      if let news = statistics.checkpoints.news { report("pipeline \(name) \(news)") }
      while try await workOnce() {}
      try await storeRest()
      set(.finished)
    } catch {
      set(Task.isCancelled ? .stopped : .failed(String(describing: error)))
      throw error
    }
  }

  /// Goes on from what is stored of it, if its sink is a durable topic.
  private func takeUp() async throws {
    guard let topic = sink as? Topic<Chain.Output>, let journal = topic.journal else { return }
    do throws(StateError) {
      var encoder = StateEncoder()
      try reading.encode(into: &encoder)
    } catch {
      return snapshot.withLock { $0.checkpoints = .impossible("\(error)") }
    }
    let (opened, start) = try await untilPossible {
      try await Checkpointer.open(name, into: topic, journal, definition: definition)
    }
    checkpointer = opened
    switch start {
    case .new: snapshot.withLock { $0.checkpoints = .active(start: .new) }
    case .changed: snapshot.withLock { $0.checkpoints = .active(start: .changed) }
    case .state(var decoder):
      let isThere = try reading.restore(from: &decoder)
      // One that was told and not settled is written behind what it fired.
      writtenWatermark = reading.driver.settled
      snapshot.withLock { $0.checkpoints = .active(start: isThere ? .resumed : .sourceIsNew) }
    }
  }

  /// Does `body` until a durable topic can be written; shows meanwhile why it waits, and says so once.
  private func untilPossible<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async throws -> Result {
    let result = try await Storing.untilPossible(
      by: reading.clock,
      isWaiting: { error in
        let reason = "\(error)"
        let isNews = snapshot.withLock { snapshot in
          defer { snapshot.waitsFor = reason }
          return snapshot.waitsFor == nil
        }
        if isNews { report("pipeline \(name) waits, and tries again each second: \(reason)") }
      },
      body
    )
    let hasWaited = snapshot.withLock { snapshot in
      defer { snapshot.waitsFor = nil }
      return snapshot.waitsFor != nil
    }
    if hasWaited { report("pipeline \(name) goes on") }
    return result
  }

  /// Stores what waits to be stored, if the state can be taken and it is worth it.
  private func checkpoint(isIdle: Bool) async throws {
    let received = reading.driver.counters.received
    guard let checkpointer, reading.isOpen, reading.isAtRest,
      checkpointer.isDue(received: received, isIdle: isIdle)
    else { return }
    // A copy: others may look while it suspends, and nobody else changes it.
    var copy = checkpointer
    self.checkpointer = nil
    defer { self.checkpointer = copy }
    hold(true)
    try await untilPossible {
      try await copy.commit(received: received) { try reading.encode(into: &$0) }
    }
    hold(false)
  }

  /// Stores what came out at the end of the source, whose state is of no use any more.
  private func storeRest() async throws {
    guard var checkpointer else { return }
    self.checkpointer = nil
    try await untilPossible { try await checkpointer.finish() }
  }

  /// Writes what there is to write, or waits for the source; answers `false` at the end.
  private func workOnce() async throws -> Bool {
    reading.driver.restsWhenDone = isCheckpointDue
    switch try reading.work(room: FlowLimits.batch, until: .never) {
    case .ready(let progress):
      let outputs = reading.driver.takeOutputs()
      if !outputs.isEmpty { try await write(outputs) }
      if progress == .watermark || progress == .endOfInput { try await writeWatermark() }
      if progress == .endOfInput { try await write(.endOfInput) }
      try await checkpoint(isIdle: false)
    case .blocked(let write):
      takeSnapshot()
      try await self.write(write)
      try await checkpoint(isIdle: false)
    case .empty:
      try await checkpoint(isIdle: true)
      takeSnapshot()
      try await reading.wait()
    case .silent:
      break
    case .end:
      return false
    }
    await yieldIfDue()
    return true
  }

  /// Whether the state is to be taken as soon as it can be.
  ///
  /// What a stage makes of one element may be more than a batch. If a new element were begun whenever the
  /// last one is done and there is room left, the state could never be taken.
  private var isCheckpointDue: Bool {
    let received = reading.driver.counters.received
    return reading.isOpen && checkpointer?.isDue(received: received, isIdle: false) ?? false
  }

  /// Lets others have their turn after every so many elements, read or written: a window of many
  /// keys that fires reads none.
  private func yieldIfDue() async {
    let work = reading.driver.counters.received &+ written
    guard work &- lastYield >= PipelineLimits.budget else { return }
    lastYield = work
    takeSnapshot()
    await Task.yield()
  }

  private func write(_ outputs: [Chain.Output]) async throws {
    if checkpointer != nil {
      checkpointer?.add(outputs)
      written &+= UInt64(outputs.count)
      return
    }
    hold(true)
    try await sink.write(outputs)
    written &+= UInt64(outputs.count)
    hold(false)
  }

  /// Writes what leaves beside the output, with the output where that is stored.
  private func write(_ side: SideWrite) async throws {
    guard var copy = checkpointer else { return try await side.write() }
    checkpointer = nil
    defer { checkpointer = copy }
    let isTaken = try await untilPossible { try await copy.add(side) }
    if !isTaken { try await side.write() }
  }

  private func write(_ mark: Mark) async throws {
    if checkpointer == nil { return try await sink.write(mark) }
    checkpointer?.add(mark)
  }

  /// Shows whether its sink holds it back.
  private func hold(_ isHeldBack: Bool) {
    let (counters, watermark) = (reading.driver.counters, reading.driver.watermark)
    snapshot.withLock { [written] in
      $0.isHeldBack = isHeldBack
      $0.source = counters
      $0.watermark = watermark
      $0.written = written
    }
  }

  private func writeWatermark() async throws {
    let watermark = reading.driver.told
    guard watermark > writtenWatermark else { return }
    writtenWatermark = watermark
    try await write(.watermark(watermark))
  }

  private func takeSnapshot() {
    let (counters, watermark) = (reading.driver.counters, reading.driver.watermark)
    let plan = reading.plan
    snapshot.withLock {
      $0.source = counters
      $0.watermark = watermark
      if let plan { $0.plan = plan }
    }
  }

  private func set(_ state: PipelineStatistics.State) {
    takeSnapshot()
    snapshot.withLock {
      $0.state = state
      $0.isHeldBack = false
      $0.waitsFor = nil
    }
  }
}

/// Bounds of a pipeline.
public enum PipelineLimits {
  /// Elements, read and written, after which a pipeline that never waits lets others have their turn.
  public static let budget: UInt64 = 16_384
}
