// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

/// Makes operators of the stages of a plan.
struct ChainCompiler {
  private let stages: [ChainPlan.Numbered]

  init(_ plan: ChainPlan) { stages = plan.stages }

  /// All stages as one piece.
  func compile() -> ChainPiece {
    var scope = FieldScope(stages[...])
    var whole: ChainPiece?
    for (index, numbered) in stages.enumerated() {
      let step = ChainStepMaker(numbered, &scope)
      whole = whole.map { ChainPiece($0, step.make()) } ?? step.make()
      if numbered.stage.replacesData { scope = FieldScope(stages[(index + 1)...]) }
    }
    guard let whole else { preconditionFailure("a plan has a stage") }
    return whole
  }
}

/// Makes the operator of one stage, by putting it on a flow that is never read.
struct ChainStepMaker {
  private let stage: ChainStage
  private let count: StepCount
  private let scope: FieldScope
  private let start: Flow<ReadFields>

  init(_ numbered: ChainPlan.Numbered, _ scope: inout FieldScope) {
    stage = numbered.stage
    count = StepCount(name: "\(numbered.number) \(numbered.stage.name)")
    let fields = ReadFields(scope.take(for: stage), holds: stage.holdsEvents)
    start = Flow(source: NothingToRead(), chain: fields)
    self.scope = scope
  }

  func make() -> ChainPiece {
    switch stage {
    case .filter(let filter): ChainPiece(FilterStep(inner: FilterStage(filter), count: count))
    case .select(let outputs): ChainPiece(SelectStep(inner: SelectStage(outputs), count: count))
    case .throttle(let pace, let keeping): throttle(pace, keeping)
    case .debounce(let pace, let maximumWait): debounce(pace, maximumWait)
    case .sample(let pace): sample(pace)
    case .latest(let latest): self.latest(latest)
    case .distinct(let distinct): self.distinct(distinct)
    case .limit(let limit): ChainPiece(LimitStep(inner: start.prefix(limit).chain, count: count))
    case .rate(let rate): self.rate(rate)
    case .window(let window, let measures): self.window(window, measures)
    }
  }

  private func throttle(_ pace: ChainPace, _ keeping: ThrottleKeeping) -> ChainPiece {
    let flow = start.throttle(
      for: .milliseconds(pace.interval),
      by: key(pace.key),
      keeping: keeping,
      keys: pace.keys.limit
    )
    return ChainPiece(ThrottleStep(inner: flow.chain, count: count))
  }

  private func debounce(_ pace: ChainPace, _ maximumWait: Int64?) -> ChainPiece {
    let flow = start.debounce(
      for: .milliseconds(pace.interval),
      maxWait: maximumWait.map { .milliseconds($0) },
      by: key(pace.key),
      keys: pace.keys.limit
    )
    return ChainPiece(DebounceStep(inner: flow.chain, count: count))
  }

  private func sample(_ pace: ChainPace) -> ChainPiece {
    let interval = Duration.milliseconds(pace.interval)
    let flow = start.sample(every: interval, by: key(pace.key), keys: pace.keys.limit)
    return ChainPiece(SampleStep(inner: flow.chain, count: count))
  }

  private func latest(_ latest: ChainLatest) -> ChainPiece {
    guard let interval = latest.interval else {
      let flow = start.keyed(
        by: key(latest.key),
        maximumKeys: latest.keys.count,
        atBound: latest.keys.overflow == .release ? .evictOldest : .reject,
        initial: { Timestamp.distantPast },
        { newest, row -> ChainRow? in
          guard row.time >= newest else { return nil }
          newest = row.time
          return row
        }
      )
      return ChainPiece(LatestStep(inner: flow.chain, count: count))
    }
    let flow = start.conflate(
      within: .milliseconds(interval),
      by: key(latest.key),
      keys: latest.keys.limit
    ) { held, row in
      if row.time >= held.time { held = row }
    }
    return ChainPiece(ConflateStep(inner: flow.chain, count: count))
  }

  private func distinct(_ distinct: ChainDistinct) -> ChainPiece {
    let flow = start.apply(
      RemoveRecentDuplicates(
        by: key(distinct.key),
        amongLast: distinct.keys,
        within: distinct.interval.map { .milliseconds($0) }
      )
    )
    return ChainPiece(DistinctStep(inner: flow.chain, count: count))
  }

  private func rate(_ rate: ChainRate) -> ChainPiece {
    let flow = start.rateLimit(
      rate.count,
      per: .milliseconds(rate.pace.interval),
      by: key(rate.pace.key),
      keys: rate.pace.keys.limit
    )
    return ChainPiece(RateStep(inner: flow.chain, count: count))
  }

  /// What divides rows; a list or a map divides nothing.
  private func key(_ field: ChainField?) -> @Sendable (ChainRow) -> ChainValue {
    guard let field else { return { _ in .missing } }
    let number = scope.number(of: field)
    return { row in
      let value = row.fields[number]
      if case .container = value { return .missing }
      return value
    }
  }

  // MARK: Windows

  private func window(_ window: ChainWindow, _ measures: [ChainMeasure]) -> ChainPiece {
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
  fileprivate var limit: KeyLimit {
    KeyLimit(count, overflow: overflow == .release ? .releaseFirst : .refuse)
  }

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

/// The source of a flow that is made for its operators.
struct NothingToRead: FlowSource {
  var name: String { "nothing" }

  func makeReader() -> any FlowReader<ChainRow> {
    preconditionFailure("this flow is never read")
  }
}
