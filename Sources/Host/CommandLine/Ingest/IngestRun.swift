// SPDX-License-Identifier: Apache-2.0
import Transport

/// Reads records, makes them events and stores them, at full speed or at that of the recording.
final class IngestRun {
  /// At most so often a paced run sends what is due.
  private static let tick = Duration.milliseconds(20)
  /// How long a pause between two looks at a file or the progress is.
  private static let pauseMilliseconds = 200

  private let plan: IngestPlan
  private let source: any InputSource
  private let sender: ChunkSender
  private let reporter: ProgressReporter
  private let clock: any CommandClock
  private var reader: any RecordReader
  private var chunk = EventChunk()
  private var tally = IngestTally()
  private var pacer: Pacer
  private var estimate: ProgressEstimate
  private let start: MonotonicInstant
  /// When the first event of a paced run was due.
  private var paceStart: MonotonicInstant?
  private var lastFlush: MonotonicInstant
  private var readBytes: UInt64 = 0
  private var isHeldBack = false

  /// Prepares a run; nothing is read or sent yet.
  init(
    _ plan: IngestPlan,
    from source: any InputSource,
    sender: ChunkSender,
    reporter: ProgressReporter,
    clock: any CommandClock
  ) {
    self.plan = plan
    self.source = source
    self.sender = sender
    self.reporter = reporter
    self.clock = clock
    reader = plan.format.makeReader()
    pacer = Pacer(plan.speed)
    start = clock.now
    lastFlush = start
    estimate = ProgressEstimate(
      totalBytes: source.totalBytes,
      isPaced: plan.speed != .maximum,
      at: start
    )
  }

  /// Goes on until the end of the input, or until it is interrupted.
  ///
  /// - Returns: What became of the lines.
  /// - Throws: ``CommandFailure``; what was stored stays stored.
  func run() throws(CommandFailure) -> IngestSummary {
    do throws(CommandFailure) {
      let isWhole = try readAll()
      try flush()
      let isInterrupted = !isWhole && !plan.follows
      if isWhole {
        if let failure = tally.uselessness(plan) { throw failure }
        try sender.end(tally)
      }
      reporter.finish(report(.done, tally), keepsLine: !isInterrupted)
      return IngestSummary(
        topic: plan.topic,
        label: plan.label,
        tally: tally,
        duration: start.duration(to: clock.now),
        isInterrupted: isInterrupted
      )
    } catch {
      reporter.finish(report(.failed, tally))
      throw error
    }
  }

  /// Answers whether the input came to its end.
  private func readAll() throws(CommandFailure) -> Bool {
    var bytes: [UInt8] = []
    while !clock.isInterrupted {
      bytes.removeAll(keepingCapacity: true)
      switch try source.read(into: &bytes) {
      case .bytes(let count):
        readBytes += UInt64(count)
        reader.receive(bytes)
        try takeRecords()
      case .nothing: try pause()
      case .restarted:
        try endReader()
        reader = plan.format.makeReader()
      case .end where plan.follows: try pause()
      case .end:
        try endReader()
        return !clock.isInterrupted
      }
    }
    return false
  }

  private func endReader() throws(CommandFailure) {
    reader.receiveEnd()
    try takeRecords()
  }

  private func pause() throws(CommandFailure) {
    try flush()
    tellProgress()
    clock.wait(milliseconds: Self.pauseMilliseconds)
  }

  private func takeRecords() throws(CommandFailure) {
    while let record = try reader.next() {
      switch record.outcome {
      case .refused(let reason): tally.refuse(record.line, reason)
      case .timeless(let reason): tally.refuse(record.line, reason, isTimeless: true)
      case .event(let draft):
        guard try take(draft, line: record.line) else { return }
      }
    }
  }

  /// Adds an event to the chunk when it is due; answers false when that was interrupted.
  private func take(_ draft: EventDraft, line: Int) throws(CommandFailure) -> Bool {
    let event = draft.encoded
    guard EventChunk.canHold(event.count) else {
      tally.refuse(line, "the line is too long for an event")
      return true
    }
    if pacer.isPacing, let time = draft.time {
      try wait(for: pacer.due(time))
      if clock.isInterrupted { return false }
    }
    if !chunk.fits(event.count) {
      try flush()
      if clock.isInterrupted { return false }
    }
    tally.read()
    chunk.append(event, line: line)
    return true
  }

  private func wait(for offset: Duration) throws(CommandFailure) {
    let paceStart = paceStart ?? clock.now
    self.paceStart = paceStart
    let due = paceStart.advanced(by: offset)
    while clock.now < due, !clock.isInterrupted {
      try flush()
      tellProgress()
      let wake = max(due, lastFlush.advanced(by: Self.tick))
      let latest = clock.now.advanced(by: .milliseconds(Self.pauseMilliseconds))
      clock.wait(until: min(wake, latest))
    }
  }

  private func flush() throws(CommandFailure) {
    guard chunk.count > 0 else { return }
    tellProgress()
    let isStored = try sender.send(chunk, &tally) { tally in
      isHeldBack = true
      tellProgress(tally)
    }
    isHeldBack = false
    if isStored { tally.store(chunk) }
    chunk.removeAll()
    lastFlush = clock.now
    tellProgress()
  }

  // MARK: Progress

  private func tellProgress() { tellProgress(tally) }

  private func tellProgress(_ tally: IngestTally) {
    reporter.update(report(.running, tally), at: clock.now)
  }

  private func report(_ state: ProgressReport.State, _ tally: IngestTally) -> ProgressReport {
    let done = readBytes - min(readBytes, UInt64(reader.bufferedCount))
    estimate.update(doneBytes: done, eventCount: UInt64(tally.accepted), at: clock.now)
    return ProgressReport(
      job: plan.job,
      label: plan.label,
      state: state,
      percent: estimate.percent,
      doneBytes: estimate.doneBytes,
      totalBytes: estimate.totalBytes,
      lines: tally.lines,
      accepted: tally.accepted,
      refused: tally.refused,
      eventsPerSecond: estimate.eventsPerSecond,
      secondsLeft: estimate.secondsLeft,
      isHeldBack: isHeldBack
    )
  }
}
