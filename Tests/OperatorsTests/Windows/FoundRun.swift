// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

/// One way through a log: its batches, its watermark, its cuts.
struct FoundRun {
  let batches: [Batch<Reading>]
  let bound: Int64
  let isClocked: Bool
  let seed: Int
  let cutsOneIn: Int?

  /// What aligned windows make of it.
  func aligned(
    _ flow: Flow<Identity<Reading>>,
    _ windows: AlignedWindows,
    _ time: (@Sendable (Reading) -> Timestamp)?,
    _ lateness: Duration,
    _ settings: WindowModel.Settings
  ) throws -> (firings: [Firing], late: Int) {
    var windowed =
      if let time {
        flow.window(windows, by: \.key, at: time, lateness: lateness)
      } else {
        flow.window(windows, by: \.key)
      }
    if !settings.isTriggered, !isClocked, settings.kind != .global {
      windowed = windowed.withTotal()
    }
    return try run(
      triggered(windowed, settings).aggregate { Tally() }.chain
    )
  }

  /// What sessions make of it.
  func sessions(
    _ flow: Flow<Identity<Reading>>,
    _ windows: SessionWindows,
    _ time: (@Sendable (Reading) -> Timestamp)?,
    _ lateness: Duration,
    _ settings: WindowModel.Settings
  ) throws -> (firings: [Firing], late: Int) {
    let windowed: WindowedFlow<Identity<Reading>, String, SessionWindows> =
      if let time {
        flow.window(windows, by: \.key, at: time, lateness: lateness)
      } else {
        flow.window(windows, by: \.key)
      }
    return try run(triggered(windowed, settings).aggregate { Tally() }.chain)
  }

  /// The windows with the triggers of the settings.
  func triggered<Windows: TriggeredWindows>(
    _ windowed: WindowedFlow<Identity<Reading>, String, Windows>,
    _ settings: WindowModel.Settings
  ) -> WindowedFlow<Identity<Reading>, String, Windows> {
    var early: EarlyFiring?
    if let count = settings.earlyCount { early = .count(count) }
    if let every = settings.earlyEvery { early = .every(.milliseconds(every)) }
    var result = windowed.triggering(
      early: early,
      late: settings.lateCount == 1 ? .each : .count(settings.lateCount)
    )
    if settings.isDiscarding { result = result.discarding() }
    if settings.closesAlways { result = result.closing(.always) }
    return result
  }

  /// Drives the operators over the log.
  func run<Chain: Operator>(
    _ chain: Chain
  ) throws -> (firings: [Firing], late: Int)
  where Chain.Input == Reading, Chain.Output == WindowResult<String, Tally.Result> {
    var run = WindowRun(
      chain,
      isClocked ? .fromSource : .bounded(by: .milliseconds(bound)) { reading in reading.time },
      seed: seed,
      cutsOneIn: cutsOneIn
    )
    try run.run(over: batches)
    precondition(run.overrun <= 0, "no more comes out than there is room for")
    let firings = run.outputs.map { result in
      Firing(
        start: result.start.milliseconds,
        end: result.end.milliseconds,
        key: result.key,
        sum: result.value.sum,
        count: result.value.count,
        total: result.total?.sum,
        revision: result.revision,
        isFinal: result.isFinal,
        replaces: result.replaces.map {
          $0.lowerBound.milliseconds..<$0.upperBound.milliseconds
        }
      )
    }
    return (firings, run.lateCount)
  }
}
