// SPDX-License-Identifier: Apache-2.0
import Operators

/// Divides what the state of a chain may come to among its stages, and adds up what it costs.
struct ChainBudget {
  let limits: ChainLimits

  /// Fills in how many keys each stage keeps that says nothing of it.
  ///
  /// Each such stage gets an equal share of what the others leave, and no more than the default.
  func allot(
    _ stages: [ChainPlan.Numbered]
  ) throws(ChainViolation) -> [ChainPlan.Numbered] {
    let asked = stages.reduce(0) { $0 + $1.stage.stateBytes }
    let openCount = stages.count { $0.stage.keyCount == 0 }
    let share = max(0, limits.maximumStateBytes - asked) / max(1, openCount)
    var allotted = stages
    for index in allotted.indices where allotted[index].stage.keyCount == 0 {
      let count = share / allotted[index].stage.bytesPerKey
      allotted[index].stage.keyCount = max(
        1,
        min(count, limits.defaultKeys, limits.maximumKeys)
      )
    }
    guard let largest = allotted.max(by: { $0.stage.stateBytes < $1.stage.stateBytes }),
      allotted.reduce(0, { $0 + $1.stage.stateBytes }) > limits.maximumStateBytes
    else { return allotted }
    throw ChainViolation(
      .limit,
      stage: largest.number,
      field: "\(largest.stage.name).keys",
      "\(largest.stage.keyCount ?? 1) of \(largest.stage.bytesPerKey) bytes each come to more than "
        + "the \(limits.maximumStateBytes) bytes that a chain may keep",
      remedy: "write a smaller number of keys, or aggregates that keep less"
    )
  }

  /// What the stages may take, their keys being filled in.
  func cost(of stages: [ChainPlan.Numbered]) throws(ChainViolation) -> ChainCost {
    let bytes = stages.reduce(0) { $0 + $1.stage.stateBytes }
    let total =
      stages.reduce(0) { $0 + $1.stage.work } + (bytes + (1 << 20) - 1) >> 20
    guard total <= limits.maximumCost else {
      throw ChainViolation(
        .limit,
        stage: nil,
        "it costs \(total), and \(limits.maximumCost) are allowed",
        remedy: "write fewer stages, aggregates or keys"
      )
    }
    return ChainCost(total: total, stateBytes: bytes)
  }
}

extension ChainStage {
  /// How many keys it keeps, 0 where that is still to be filled in; `nil` for a stage without state.
  var keyCount: Int? {
    get {
      switch self {
      case .filter, .select, .limit: nil
      case .throttle(let pace, _), .debounce(let pace, _), .sample(let pace): pace.keys.count
      case .latest(let latest): latest.keys.count
      case .distinct(let distinct): distinct.keys
      case .rate(let rate): rate.pace.keys.count
      case .window(let window, _): window.keys.count
      }
    }
    set {
      guard let newValue else { return }
      switch self {
      case .filter, .select, .limit: break
      case .throttle(var pace, let keeping):
        pace.keys.count = newValue
        self = .throttle(pace, keeping: keeping)
      case .debounce(var pace, let maximumWait):
        pace.keys.count = newValue
        self = .debounce(pace, maximumWait: maximumWait)
      case .sample(var pace):
        pace.keys.count = newValue
        self = .sample(pace)
      case .latest(var latest):
        latest.keys.count = newValue
        self = .latest(latest)
      case .distinct(var distinct):
        distinct.keys = newValue
        self = .distinct(distinct)
      case .rate(var rate):
        rate.pace.keys.count = newValue
        self = .rate(rate)
      case .window(var window, let measures):
        window.keys.count = newValue
        self = .window(window, measures)
      }
    }
  }

  /// Whether it keeps events, at most one for each key.
  var holdsEvents: Bool {
    switch self {
    case .throttle(_, let keeping): keeping != .first
    case .debounce, .sample: true
    case .latest(let latest): latest.interval != nil
    case .filter, .select, .distinct, .limit, .rate, .window: false
    }
  }

  /// What it keeps for a key: the key in its table, and what hangs on it.
  var bytesPerKey: Int {
    let held = holdsEvents ? 4 << 10 : 0
    guard case .window(_, let measures) = self else { return 256 + held }
    return 256 + measures.reduce(0) { $0 + $1.stateBytes }
  }

  var stateBytes: Int { (keyCount ?? 0) * bytesPerKey }

  /// What it does for an event.
  fileprivate var work: Int {
    switch self {
    case .filter(let filter): 1 + filter.cost.passes
    case .window(_, let measures): 2 + measures.count
    case .select, .throttle, .debounce, .sample, .latest, .distinct, .limit, .rate: 1
    }
  }
}
