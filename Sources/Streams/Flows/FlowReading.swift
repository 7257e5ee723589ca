// SPDX-License-Identifier: Apache-2.0

/// One reading of a flow: its reader, its operators at work, and what becomes of their failures.
@usableFromInline
final class FlowReading<Chain: Operator> {
  /// What ``work(room:until:)`` came to.
  enum Step {
    /// Outputs, or a mark behind them, are there to be taken.
    case ready(Driver<Chain>.Progress)
    /// Something must be written or waited for first.
    case blocked(SideWrite)
    /// Nothing now; nothing was appended at or before the instant that was asked for.
    case silent
    /// Nothing now.
    case empty
    /// Everything was taken.
    case end
  }

  let flow: Flow<Chain>
  /// Its place in the source; gone once it has ended, so that it holds nothing back.
  private(set) var reader: (any FlowReader<Chain.Input>)?
  /// What the reader had counted when it was given up.
  private var sourcePlan: FlowPlan?
  @usableFromInline var driver: Driver<Chain>
  private var supervisor: Supervisor
  private var blocked: [SideWrite] = []
  private var failure: ElementFailure?
  /// Until when it pauses; then it starts anew what has failed.
  private(set) var resumes: Timestamp?
  /// Whether an error was thrown: nothing follows.
  private var isOver = false
  @usableFromInline let clock: any EngineClock
  /// The offset of the next entry that ``poll(limit:until:)`` hands out.
  var nextOffset: Offset = 1

  @usableFromInline
  init(_ flow: Flow<Chain>, tellsWatermarks: Bool, notesMarks: Bool = false) {
    self.flow = flow
    let reader = flow.source.makeReader()
    self.reader = reader
    clock = reader.clock
    supervisor = Supervisor(flow.supervision)
    driver = Driver(
      flow.chain,
      flow.watermarks,
      tellsWatermarks: tellsWatermarks,
      notesMarks: notesMarks,
      loop: flow.loop
    )
  }

  /// Works until there is something to take, or nothing to do.
  ///
  /// There are at most `room` outputs; `instant` is until when the caller wants to know that nothing
  /// was appended. Throws `CancellationError`, what the source threw, or the failure of an element;
  /// nothing follows that.
  func work(room: Int, until instant: Timestamp) throws -> Step {
    while true {
      if isOver { return .end }
      if !blocked.isEmpty { return .blocked(blocked.removeFirst()) }
      if let failure { throw end(failure) }
      if let resumes {
        guard resumes <= clock.now else { return silentThrough >= instant ? .silent : .empty }
        try restart()
      }
      let progress = driver.run(reader, room: room)
      settle(progress)
      if driver.isEnding || driver.isFinished { release() }
      if driver.stock.hasNews || progress == .watermark || progress == .endOfInput {
        return .ready(progress)
      }
      guard progress == .idle, blocked.isEmpty else { continue }
      if driver.isFinished { return .end }
      if driver.silentThrough >= instant { return .silent }
      if try !load(until: instant) { return .empty }
    }
  }

  /// Loads what the source has next; answers whether there was something.
  private func load(until instant: Timestamp) throws -> Bool {
    do {
      try Task.checkCancellation()
      guard let reader else { preconditionFailure("a source that has ended is not waited for") }
      switch try reader.poll(limit: FlowLimits.batch, until: min(instant, driver.stock.deadline)) {
      case .batch(let batch): driver.load(batch)
      case .empty: return false
      case .wait(let write): blocked.append(write)
      case .end:
        driver.loadEnd(at: reader.endInstant)
        release()
      }
      return true
    } catch {
      throw end(error)
    }
  }

  /// Nothing comes out at or before this instant any more but what is there: during a pause, what is
  /// to be tried again comes at the instant at which it has failed.
  var silentThrough: Timestamp {
    resumes == nil ? driver.silentThrough : driver.now.advanced(byMilliseconds: -1)
  }

  /// Goes on behind a pause.
  private func restart() throws {
    guard !Task.isCancelled else { throw end(CancellationError()) }
    resumes = nil
    driver.restart(as: flow.chain, at: clock.now)
  }

  private func end(_ error: any Error) -> any Error {
    release()
    isOver = true
    return error
  }

  /// Sees to what left beside the output, and to elements that failed.
  private func settle(_ progress: Driver<Chain>.Progress) {
    if driver.stock.hasSideWrites { driver.chain.takeSideWrites { blocked.append($0) } }
    guard progress == .failed else { return }
    if driver.chain.isRestartable, let instant = supervisor.nextRestart(now: { clock.now }) {
      driver.counters.restarts += 1
      resumes = instant
      reader?.pause()
      return
    }
    var failures: [ElementFailure] = []
    driver.chain.takeFailures { failures.append($0) }
    guard !failures.isEmpty else { return }
    switch supervisor.decide(failures) {
    case .stop(let failure):
      self.failure = failure
    case .skip(let write):
      driver.counters.skipped += UInt64(failures.count)
      if let write { blocked.append(write) }
    }
  }

  // MARK: Checkpoints

  /// Whether its state can be taken: what came out was taken, and nothing waits to be done about it.
  var isAtRest: Bool {
    driver.isAtRest && blocked.isEmpty && failure == nil && resumes == nil && !isOver
      && reader?.isAtPlace ?? true
  }

  /// Whether its source has more to give, and its end has not begun to be told.
  var isOpen: Bool { reader != nil && driver.ending == .open }

  /// Writes down where it stands in the source and the state of its operators.
  func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("place", version: 2) { encoder throws(StateError) in
      try (reader != nil).encode(into: &encoder)
      try reader?.encodePlace(into: &encoder)
    }
    try driver.encode(into: &encoder)
  }

  /// Takes up a state, before anything was read; answers whether the source still has the place.
  func restore(from decoder: inout StateDecoder) throws(StateError) -> Bool {
    guard let reader else { preconditionFailure("a state is restored before anything is read") }
    var isThere = true
    try decoder.section("place", version: 2) { decoder, version throws(StateError) in
      let hasSource = version == 1 ? true : try Bool(from: &decoder)
      if hasSource {
        isThere = try reader.restorePlace(from: &decoder)
      } else {
        // It had ended, and only what had been read of it is left.
        reader.pause()
        release()
      }
    }
    try driver.restore(from: &decoder)
    return isThere
  }

  /// Gives up its place in the source.
  func release() {
    guard let reader else { return }
    sourcePlan = reader.plan
    self.reader = nil
  }

  /// What the flow consists of, with what it has counted.
  @usableFromInline var plan: FlowPlan? {
    var plan = reader?.plan ?? sourcePlan ?? flow.source.plan
    plan.received = plan.received ?? driver.counters.received
    return plan.followed(by: driver.chain.stages)
  }

  /// Suspends until it is worth working again.
  nonisolated(nonsending) func wait() async throws {
    if let resumes { return try await clock.sleep(until: resumes) }
    try await reader?.wait(until: driver.stock.deadline)
  }

  /// The next outputs, at least one; `nil` at the end.
  @usableFromInline
  nonisolated(nonsending) func nextOutputs() async throws -> [Chain.Output]? {
    while true {
      switch try work(room: FlowLimits.batch, until: .never) {
      case .ready: if !driver.outputs.isEmpty { return driver.takeOutputs() }
      case .blocked(let write): do { try await write.write() } catch { throw end(error) }
      case .silent: continue
      case .empty: try await wait()
      case .end: return nil
      }
    }
  }
}

/// Sizes that flows and pipelines work with.
public enum FlowLimits {
  /// Entries taken from a source at once, and outputs held before they are handed on.
  ///
  /// 256: a hop of 10 to 30 µs shared by so many is below the cost of an operator.
  public static let batch = 256
}
