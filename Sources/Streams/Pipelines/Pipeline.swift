// SPDX-License-Identifier: Apache-2.0

/// An actor that pulls a flow and writes what comes out into a sink.
///
/// Its place in the source is taken when it is made, so that nothing published after that is
/// missed; ``run()`` does the work. Held back by its sink, it holds back its source.
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

  /// Makes a pipeline and takes its place in the source.
  public init(_ name: String, _ flow: Flow<Chain>, into sink: any FlowSink<Chain.Output>) {
    self.name = name
    self.sink = sink
    inputName = flow.source.name
    outputName = sink.name
    reading = FlowReading(flow, tellsWatermarks: true)
    snapshot = Guarded(PipelineStatistics(plan: flow.plan))
  }

  /// What the pipeline has counted: all of it while it waits for its source; while it works, its
  /// stages count what they had at most ``PipelineLimits/budget`` elements and a batch ago.
  public nonisolated var statistics: PipelineStatistics { snapshot.withLock { $0 } }

  /// Works until the source ends; called once.
  ///
  /// Cancelling the task ends it between two batches, or takes back a write that its sink
  /// holds: that is written whole, or not at all.
  /// - Throws: `CancellationError`, or what the source or the sink threw; ``PipelineError`` for a
  ///   second call, which changes nothing.
  public func run() async throws {
    guard !hasStarted else { throw PipelineError.started }
    hasStarted = true
    set(.running)
    defer { reading.release() }
    do {
      while try await workOnce() {}
      set(.finished)
    } catch {
      set(Task.isCancelled ? .stopped : .failed(String(describing: error)))
      throw error
    }
  }

  /// Writes what there is to write, or waits for the source; answers `false` at the end.
  private func workOnce() async throws -> Bool {
    switch try reading.work(room: FlowLimits.batch, until: .never) {
    case .ready(let progress):
      let outputs = reading.driver.takeOutputs()
      if !outputs.isEmpty { try await write(outputs) }
      if progress == .watermark || progress == .endOfInput { try await writeWatermark() }
      if progress == .endOfInput { try await sink.write(.endOfInput) }
    case .blocked(let write):
      takeSnapshot()
      try await write.write()
    case .empty:
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
    let (counters, watermark) = (reading.driver.counters, reading.driver.watermark)
    snapshot.withLock {
      $0.isHeldBack = true
      $0.source = counters
      $0.watermark = watermark
    }
    try await sink.write(outputs)
    written &+= UInt64(outputs.count)
    snapshot.withLock { [written] in
      $0.isHeldBack = false
      $0.written = written
    }
  }

  private func writeWatermark() async throws {
    let watermark = reading.driver.told
    guard watermark > writtenWatermark else { return }
    writtenWatermark = watermark
    try await sink.write(.watermark(watermark))
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
    }
  }
}

/// Bounds of a pipeline.
public enum PipelineLimits {
  /// Elements, read and written, after which a pipeline that never waits lets others have their turn.
  public static let budget: UInt64 = 16_384
}
