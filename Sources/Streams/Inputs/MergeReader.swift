// SPDX-License-Identifier: Apache-2.0

/// Reads several inputs as one, in the order of (`appended`, number of the input).
///
/// It holds at most one batch of each. Whether an input that says nothing could still say something
/// earlier, its topic promises: so the order is that of the logs, live or replayed. An end and a
/// failure have their place in that order too.
final class MergeReader<Element: Sendable>: FlowReader {
  let clock: any EngineClock
  private(set) var inputs: [MergeInput<Element>]
  private(set) var schedule: MergeSchedule
  private var aligner: WatermarkAligner
  private var batch = Batch<Element>()
  private var count = 0
  /// What an input must wait for before there can be more of it.
  private var blocked: SideWrite?
  private var failure: (any Error)?
  /// Whether all inputs have given what they had, and this was told.
  private var hasToldEndOfInput = false
  /// Whether the promise that comes with the end was handed out.
  private var hasToldEnd = false

  init(_ sources: [any FlowSource<Element>]) {
    precondition(!sources.isEmpty, "a merge has at least one input")
    inputs = sources.map { MergeInput($0) }
    schedule = MergeSchedule(lanes: sources.map { MergeSchedule.Lane(policy: $0.silencePolicy) })
    clock = inputs[0].reader.clock
    aligner = WatermarkAligner(count: inputs.count)
  }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    batch = Batch()
    count = 0
    while hasRoom(limit), batch.silentThrough == nil, blocked == nil, failure == nil {
      guard let (event, instant) = schedule.next(before: deadline) else {
        guard try readAll(limit) else { break }
        continue
      }
      switch try settle(event, at: instant, limit) {
      case .due: take(event, at: instant, limit)
      case .overtaken: continue
      case .open: guard try readAll(limit) else { return try answer(deadline) }
      }
    }
    return try answer(deadline)
  }

  private func hasRoom(_ limit: Int) -> Bool { count < limit && batch.items.count < limit }

  private func answer(_ deadline: Timestamp) throws -> Poll<Element> {
    if !batch.isEmpty { return .batch(batch) }
    if let failure { throw failure }
    if let write = blocked.take() { return .wait(write) }
    guard schedule.isOver else { return .empty }
    guard deadline < schedule.now, !hasToldEnd else { return .end }
    hasToldEnd = true
    return .batch(Batch(silentThrough: schedule.now.advanced(byMilliseconds: -1)))
  }

  /// When the last of the inputs has ended.
  var endInstant: Timestamp? { schedule.now > .distantPast ? schedule.now : nil }

  // MARK: Reading

  private enum Verdict {
    /// Nothing comes before it.
    case due
    /// An input has spoken meanwhile: what comes next must be seen anew.
    case overtaken
    /// An input could still say something before it.
    case open
  }

  /// Asks the inputs of which nothing is known whether they have something to say before that.
  private func settle(
    _ event: MergeSchedule.Event,
    at instant: Timestamp,
    _ limit: Int
  ) throws -> Verdict {
    var verdict = Verdict.due
    for index in schedule.lanes.indices where !schedule.lanes[index].isKnown {
      let bound = schedule.bound(of: event, at: instant, for: index)
      if schedule.lanes[index].silentThrough >= bound { continue }
      let horizon = horizon
      if horizon > bound, try read(index, limit, until: horizon) { return .overtaken }
      if schedule.lanes[index].silentThrough >= bound { continue }
      if blocked == nil, try read(index, limit, until: bound) { return .overtaken }
      if blocked != nil { return .open }
      if schedule.lanes[index].silentThrough < bound { verdict = .open }
    }
    return verdict
  }

  /// Until when it is of use to know of an input's silence: as far as the others are read.
  private var horizon: Timestamp {
    var horizon = Timestamp.distantPast
    for input in inputs { horizon = max(horizon, input.lastInstant) }
    return horizon
  }

  /// Reads an input; answers whether something is known of it now.
  private func read(_ index: Int, _ limit: Int, until target: Timestamp) throws -> Bool {
    switch try inputs[index].read(&schedule.lanes[index], limit: limit, until: target) {
    case .news: return true
    case .nothing: return false
    case .blocked(let write):
      blocked = write
      return false
    }
  }

  /// Reads all inputs of which nothing is known, be it their end, before waiting for them; answers
  /// whether something is known now.
  private func readAll(_ limit: Int) throws -> Bool {
    var isNews = false
    for index in schedule.lanes.indices where blocked == nil {
      let lane = schedule.lanes[index]
      guard !lane.isKnown, !lane.isOver else { continue }
      if try read(index, limit, until: .never) { isNews = true }
    }
    return isNews
  }

  // MARK: Taking

  private func take(_ event: MergeSchedule.Event, at instant: Timestamp, _ limit: Int) {
    switch event {
    case .row(let index):
      takeRow(of: index, limit)
    case .idle(let index):
      schedule.move(to: instant)
      rest(index)
    case .silence:
      batch.silentThrough = instant
    }
  }

  /// Takes what an input has to say before anybody else does.
  private func takeRow(of index: Int, _ limit: Int) {
    // The silence of the others begins with the first entry of all.
    schedule.move(to: schedule.lanes[index].instant)
    let last = schedule.lastInstant(of: index)
    repeat {
      schedule.move(to: schedule.lanes[index].instant)
      guard let item = inputs[index].head else { return end(index) }
      schedule.hear(index)
      wake(index)
      take(item, of: index, limit)
    } while hasRoom(limit)
      && schedule.lanes[index].instant <= min(last, schedule.lanes[index].idleInstant)
  }

  private func take(_ item: Batch<Element>.Item, of index: Int, _ limit: Int) {
    inputs[index].isAtEndOfInput = false
    hasToldEndOfInput = false
    switch item {
    case .run(var run) where count + run.count > limit:
      batch.items.append(.run(run.split(at: limit - count)))
      inputs[index].keep(run)
      count = limit
      return
    case .run(let run):
      count += run.count
      batch.items.append(item)
    case .gap:
      batch.items.append(item)
    case .mark(.watermark(let watermark), _):
      tell(aligner.take(watermark, from: index))
    case .mark(.endOfInput, _):
      inputs[index].isAtEndOfInput = true
      rest(index)
      tellEndOfInput()
    }
    inputs[index].dropHead(&schedule.lanes[index])
  }

  /// Tells an input's end, or fails as it did.
  private func end(_ index: Int) {
    failure = inputs[index].failure
    schedule.end(index)
    if failure != nil { return }
    tell(aligner.rest(index))
    if !schedule.isOver { tellEndOfInput() }
  }

  private func rest(_ index: Int) {
    schedule.lanes[index].isIdle = true
    tell(aligner.rest(index))
  }

  private func wake(_ index: Int) {
    guard schedule.lanes[index].isIdle else { return }
    schedule.lanes[index].isIdle = false
    aligner.wake(index)
  }

  /// Tells that all inputs have given what they had, if they have.
  private func tellEndOfInput() {
    guard !hasToldEndOfInput else { return }
    for index in inputs.indices {
      guard inputs[index].isAtEndOfInput || schedule.lanes[index].isOver else { return }
    }
    hasToldEndOfInput = true
    batch.items.append(.mark(.endOfInput, appended: schedule.now))
  }

  private func tell(_ watermark: Timestamp?) {
    guard let watermark else { return }
    batch.items.append(.mark(.watermark(watermark), appended: schedule.now))
  }

  // MARK: Checkpoints

  /// Whether all inputs have a place, and nothing waits to be written or told.
  var isAtPlace: Bool {
    blocked == nil && failure == nil && !schedule.isOver
      && zip(inputs, schedule.lanes).allSatisfy { $0.isAtPlace($1) }
  }

  /// Writes down the place of each input, and how far they were read as one.
  func encodePlace(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("merge") { encoder throws(StateError) in
      encoder.write(UInt64(inputs.count))
      try schedule.now.encode(into: &encoder)
      try hasToldEndOfInput.encode(into: &encoder)
      try aligner.encode(into: &encoder)
      for (input, lane) in zip(inputs, schedule.lanes) { try input.encode(lane, into: &encoder) }
    }
  }

  func restorePlace(from decoder: inout StateDecoder) throws(StateError) -> Bool {
    var isThere = true
    try decoder.section("merge") { decoder, _ throws(StateError) in
      let index = decoder.index
      guard try decoder.readUInt64() == UInt64(inputs.count) else {
        throw .malformed(at: index, expected: "as many inputs")
      }
      schedule.restore(now: try Timestamp(from: &decoder))
      hasToldEndOfInput = try Bool(from: &decoder)
      try aligner.restore(from: &decoder)
      for index in inputs.indices {
        isThere = try inputs[index].restore(&schedule.lanes[index], from: &decoder) && isThere
      }
    }
    return isThere
  }
}
