// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

/// Makes the operator of one stage, by putting it on a flow that is never read.
struct ChainStepMaker {
  private let stage: ChainStage
  let count: StepCount
  let scope: FieldScope
  let start: Flow<ReadFields>

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
  func key(_ field: ChainField?) -> @Sendable (ChainRow) -> ChainValue {
    guard let field else { return { _ in .missing } }
    let number = scope.number(of: field)
    return { row in
      let value = row.fields[number]
      if case .container = value { return .missing }
      return value
    }
  }
}

extension ChainKeys {
  fileprivate var limit: KeyLimit {
    KeyLimit(count, overflow: overflow == .release ? .releaseFirst : .refuse)
  }
}

/// The source of a flow that is made for its operators.
struct NothingToRead: FlowSource {
  var name: String { "nothing" }

  func makeReader() -> any FlowReader<ChainRow> {
    preconditionFailure("this flow is never read")
  }
}
