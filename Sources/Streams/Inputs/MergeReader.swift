// SPDX-License-Identifier: Apache-2.0

/// Reads several inputs as one, in the order of (`appended`, number of the input).
///
/// It holds at most one batch of each. Whether an input that says nothing could still say something
/// earlier, its topic promises: so the order is that of the logs, live or replayed.
final class MergeReader<Element: Sendable>: FlowReader {
  /// What happens next.
  private enum Action {
    case entry(Timestamp, of: Int)
    case idle(Timestamp, Int)
    case silence(Timestamp)

    /// The instant, and what comes first within it.
    var order: (Timestamp, Int) {
      switch self {
      case .entry(let instant, let input): (instant, input)
      case .idle(let instant, let input): (instant, input + 1_000_000)
      case .silence(let instant): (instant, .max)
      }
    }
  }

  let clock: any EngineClock
  private var inputs: [MergeInput<Element>]
  private var aligner: WatermarkAligner
  private var now = Timestamp.distantPast
  private var hasEnded: [Bool]

  init(_ sources: [any FlowSource<Element>]) {
    precondition(!sources.isEmpty, "a merge has at least one input")
    inputs = sources.map { MergeInput($0) }
    clock = inputs[0].reader.clock
    aligner = WatermarkAligner(count: inputs.count)
    hasEnded = Array(repeating: false, count: inputs.count)
  }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    var batch = Batch<Element>()
    var count = 0
    while count < limit, blocked == nil {
      for index in inputs.indices { try read(index, limit: limit, until: .never, into: &batch) }
      guard let action = nextAction(deadline) else { break }
      guard try isDue(action, limit: limit, into: &batch) else {
        if hasNews { continue }
        break
      }
      switch action {
      case .entry(_, let index):
        if case .run(let run)? = inputs[index].head {
          if count > 0, count + run.count > limit { return .batch(batch) }
          count += run.count
        }
        takeEntry(of: index, into: &batch)
      case .idle(let instant, let index):
        now = max(now, instant)
        tell(aligner.rest(index), into: &batch)
      case .silence(let instant):
        return .batch(batch.items.isEmpty ? Batch(silentThrough: instant) : batch)
      }
    }
    if !batch.items.isEmpty { return .batch(batch) }
    if let write = blocked.take() { return .wait(write) }
    return isAtEnd ? .end : .empty
  }

  private var isAtEnd: Bool { inputs.allSatisfy { $0.isEnded && $0.head == nil } }

  /// When the last of its inputs ended.
  var endInstant: Timestamp { inputs.map(\.reader.endInstant).max() ?? .distantPast }

  var stages: [StageStatistics] { inputs.flatMap(\.reader.stages) }

  /// Whether the last reading brought an input to speak that was thought silent, or to its end.
  private var hasNews = false
  /// What an input must wait for before there can be more of it.
  private var blocked: SideWrite?

  private func read(
    _ index: Int,
    limit: Int,
    until instant: Timestamp,
    into batch: inout Batch<Element>
  ) throws {
    guard blocked == nil, inputs[index].head == nil, !inputs[index].isEnded else { return }
    blocked = try inputs[index].read(limit: limit, until: instant)
    if inputs[index].head != nil { hasNews = true }
    if inputs[index].isEnded, !hasEnded[index] {
      (hasEnded[index], hasNews) = (true, true)
      tell(aligner.rest(index), into: &batch)
    }
  }

  private func nextAction(_ deadline: Timestamp) -> Action? {
    let asks = deadline < .never && !(isAtEnd && deadline > endInstant)
    var next: Action? = asks ? .silence(deadline) : nil
    func offer(_ action: Action) {
      if let current = next, current.order <= action.order { return }
      next = action
    }
    for index in inputs.indices {
      if let instant = inputs[index].headInstant { offer(.entry(instant, of: index)) }
    }
    if case .entry(let instant, _)? = next {
      for index in inputs.indices { inputs[index].startSilence(at: instant) }
    }
    for index in inputs.indices where !aligner.isIdle(index) {
      if let instant = inputs[index].idleInstant { offer(.idle(instant, index)) }
    }
    return next
  }

  /// Whether it is sure that no input has something to say before that; asks those that may.
  private func isDue(
    _ action: Action,
    limit: Int,
    into batch: inout Batch<Element>
  ) throws -> Bool {
    hasNews = false
    let (instant, order) = action.order
    for index in inputs.indices {
      let last = index < order ? instant : instant.advanced(byMilliseconds: -1)
      if case .entry(_, let own) = action, own == index { continue }
      if inputs[index].isSilent(through: last) || instant == .distantPast { continue }
      if inputs[index].head != nil { continue }
      try read(index, limit: limit, until: last, into: &batch)
      if hasNews || !inputs[index].isSilent(through: last) { return false }
    }
    return true
  }

  private func takeEntry(of index: Int, into batch: inout Batch<Element>) {
    let instant = inputs[index].headInstant ?? now
    guard let item = inputs[index].takeHead() else { return }
    now = max(now, instant)
    if aligner.isIdle(index) { aligner.wake(index) }
    switch item {
    case .mark(.watermark(let watermark), _):
      inputs[index].isAtEndOfInput = false
      tell(aligner.take(watermark, from: index), into: &batch)
    case .mark(.endOfInput, _):
      inputs[index].isAtEndOfInput = true
      tell(aligner.rest(index), into: &batch)
      guard inputs.allSatisfy({ $0.isAtEndOfInput || $0.isEnded }) else { return }
      batch.items.append(.mark(.endOfInput, appended: now))
    case .run, .gap:
      inputs[index].isAtEndOfInput = false
      batch.items.append(item)
    }
  }

  private func tell(_ watermark: Timestamp?, into batch: inout Batch<Element>) {
    guard let watermark else { return }
    batch.items.append(.mark(.watermark(watermark), appended: now))
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    var requests: [WakeRequest] = []
    for input in inputs where !input.isEnded && input.head == nil {
      guard let request = input.reader.notify(wake) else {
        for request in requests { request.cancel() }
        return nil
      }
      requests.append(request)
    }
    return WakeRequest { [requests] in for request in requests { request.cancel() } }
  }

  var wakeTime: Timestamp {
    let head = inputs.compactMap(\.headInstant).min() ?? .never
    var time = head > clock.now ? head : .never
    for (index, input) in inputs.enumerated() where !input.isEnded {
      if input.head == nil { time = min(time, input.reader.wakeTime) }
      if !aligner.isIdle(index), let instant = input.idleInstant { time = min(time, instant) }
    }
    return time
  }

  var promisesSilence: Bool { inputs.allSatisfy { $0.isEnded || $0.reader.promisesSilence } }

  func pause() {
    for input in inputs { input.reader.pause() }
  }
}
