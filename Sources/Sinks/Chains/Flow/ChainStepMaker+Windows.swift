// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

extension ChainStepMaker {
  func window(_ window: ChainWindow, _ measures: [ChainMeasure]) -> ChainPiece {
    let aggregate = ChainAggregate(
      measures.map(\.name),
      measures.map { $0.part(of: $0.field.map { scope.number(of: $0) } ?? 0) }
    )
    let results = ResultStage(hasKey: window.key != nil)
    let overflow = window.keys.windowOverflow
    switch window.kind {
    case .tumbling(let size):
      return aligned(.tumbling(.milliseconds(size)), window, aggregate, results)
    case .sliding(let size, let every):
      let windows = AlignedWindows.sliding(.milliseconds(size), every: .milliseconds(every))
      return aligned(windows, window, aggregate, results)
    case .global: return aligned(.global, window, aggregate, results)
    case .session(let gap):
      let windows = SessionWindows.session(gap: .milliseconds(gap))
      let lateness = Duration.milliseconds(window.lateness)
      let time: @Sendable (ChainRow) -> Timestamp = { $0.time }
      let windowed =
        window.isByEventTime
        ? start.window(windows, by: key(window.key), at: time, lateness: lateness)
        : start.window(windows, by: key(window.key))
      let flow = windowed.triggering(early: window.earlyFiring)
        .limited(to: window.keys.count, overflow)
        .aggregate { aggregate }
        .apply(results)
      return ChainPiece(SessionStep(inner: flow.chain, count: count))
    case .count(let size, let every):
      let time: @Sendable (ChainRow) -> Timestamp = { $0.time }
      let flow = start.window(
        .count(size, every: every),
        by: key(window.key),
        at: window.isByEventTime ? time : nil
      )
      .limited(to: window.keys.count, overflow)
      .aggregate { aggregate }
      .apply(results)
      return ChainPiece(CountWindowStep(inner: flow.chain, count: count))
    }
  }

  private func aligned(
    _ windows: AlignedWindows,
    _ window: ChainWindow,
    _ aggregate: ChainAggregate,
    _ results: ResultStage
  ) -> ChainPiece {
    let lateness = Duration.milliseconds(window.lateness)
    let time: @Sendable (ChainRow) -> Timestamp = { $0.time }
    let windowed =
      window.isByEventTime
      ? start.window(windows, by: key(window.key), at: time, lateness: lateness)
      : start.window(windows, by: key(window.key))
    let flow = windowed.triggering(early: window.earlyFiring)
      .limited(to: window.keys.count, window.keys.windowOverflow)
      .aggregate { aggregate }
      .apply(results)
    return ChainPiece(AlignedWindowStep(inner: flow.chain, count: count))
  }
}

extension ChainKeys {
  fileprivate var windowOverflow: WindowOverflow {
    overflow == .release ? .evictOldest : .rejectNewest
  }
}

extension ChainWindow {
  fileprivate var earlyFiring: EarlyFiring? {
    switch early {
    case nil: nil
    case .count(let count): .count(count)
    case .every(let interval): .every(.milliseconds(interval))
    }
  }
}
