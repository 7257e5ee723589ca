// SPDX-License-Identifier: Apache-2.0

/// One of several inputs that are read as one: its reader, and what was read of it and not yet
/// handed on.
struct MergeInput<Element: Sendable> {
  typealias Lane = MergeSchedule.Lane

  /// What a reading came to.
  enum Outcome {
    /// Something is known to come next.
    case news
    /// Nothing, or a promise.
    case nothing
    /// Something must be written, or waited for, first.
    case blocked(SideWrite)
  }

  let reader: any FlowReader<Element>
  /// What it consists of, as it was before it was read.
  private let sourcePlan: FlowPlan
  private var items: [Batch<Element>.Item] = []
  private var index = 0
  /// Entries that were read of it.
  private var received: UInt64 = 0
  /// What it threw; that comes next where there is no item.
  private(set) var failure: (any Error)?
  /// Whether it has marked the end of its input, and said nothing since.
  var isAtEndOfInput = false

  init(_ source: any FlowSource<Element>) {
    reader = source.makeReader()
    sourcePlan = source.plan
  }

  /// What it consists of, with what it has counted.
  var plan: FlowPlan {
    var plan = reader.plan ?? sourcePlan
    plan.received = plan.received ?? received
    return plan
  }

  /// The item that comes next; `nil` at the end.
  var head: Batch<Element>.Item? { index < items.count ? items[index] : nil }

  /// When the last item at hand was appended.
  var lastInstant: Timestamp { items.last.map { Self.instant(of: $0) } ?? .distantPast }

  /// Leaves a part of the run at hand for later.
  mutating func keep(_ rest: Run<Element>) {
    items[index] = .run(rest)
  }

  /// Goes on to the item behind the head.
  mutating func dropHead(_ lane: inout Lane) {
    index += 1
    if index < items.count {
      lane.instant = Self.instant(of: items[index])
    } else {
      items = []
      index = 0
      lane.instant = .never
    }
  }

  /// Reads on where nothing is known to come next; `target` is until when that matters.
  ///
  /// A failure comes next, as the end does, so that it comes in its turn. Throws
  /// `CancellationError` alone.
  mutating func read(
    _ lane: inout Lane,
    limit: Int,
    until target: Timestamp
  ) throws(CancellationError) -> Outcome {
    do {
      switch try reader.poll(limit: limit, until: target) {
      case .batch(let batch): load(batch, &lane)
      case .wait(let write): return .blocked(write)
      case .end: lane.instant = min(reader.endInstant ?? .distantPast, MergeSchedule.lastMoment)
      case .empty: break
      }
    } catch let error as CancellationError {
      throw error
    } catch {
      failure = error
      let instant = (error as? ElementFailure)?.appended ?? .distantPast
      lane.instant = min(instant, MergeSchedule.lastMoment)
    }
    return lane.isKnown ? .news : .nothing
  }

  private mutating func load(_ batch: Batch<Element>, _ lane: inout Lane) {
    if let instant = batch.silentThrough { lane.silentThrough = max(lane.silentThrough, instant) }
    guard let first = batch.items.first else { return }
    items = batch.items
    index = 0
    received += UInt64(batch.count)
    lane.instant = Self.instant(of: first)
  }

  private static func instant(of item: Batch<Element>.Item) -> Timestamp {
    switch item {
    case .run(let run): min(run.appended, MergeSchedule.lastMoment)
    case .mark(_, let appended): min(appended, MergeSchedule.lastMoment)
    case .gap: .distantPast
    }
  }
}

// An input's place in a checkpoint.
extension MergeInput {
  /// Whether its place can be written down now: nothing has failed, and its end does not wait to be told.
  func isAtPlace(_ lane: Lane) -> Bool {
    lane.isOver || failure == nil && reader.isAtPlace && (head != nil || !lane.isKnown)
  }

  /// Writes what is known of it, what was read and not yet handed on, and its reader's place.
  func encode(_ lane: Lane, into encoder: inout StateEncoder) throws(StateError) {
    try StateEncoder.check(Element.self)
    try encoder.section("input") { encoder throws(StateError) in
      for instant in [lane.silentThrough, lane.heard] { try instant.encode(into: &encoder) }
      for flag in [lane.isIdle, lane.isOver, isAtEndOfInput] { try flag.encode(into: &encoder) }
      try Array(items[index...]).encode(into: &encoder)
      if !lane.isOver { try reader.encodePlace(into: &encoder) }
    }
  }

  /// Takes up what was written; answers whether its source still has the place.
  mutating func restore(
    _ lane: inout Lane,
    from decoder: inout StateDecoder
  ) throws(StateError) -> Bool {
    var isThere = true
    try decoder.section("input") { decoder, _ throws(StateError) in
      lane.silentThrough = try Timestamp(from: &decoder)
      lane.heard = try Timestamp(from: &decoder)
      lane.isIdle = try Bool(from: &decoder)
      lane.isOver = try Bool(from: &decoder)
      isAtEndOfInput = try Bool(from: &decoder)
      items = try [Batch<Element>.Item](from: &decoder)
      // One that is over is not read again, and holds nobody back.
      if lane.isOver { reader.pause() } else { isThere = try reader.restorePlace(from: &decoder) }
    }
    index = 0
    lane.instant = head.map { Self.instant(of: $0) } ?? .never
    return isThere
  }
}

extension MergeSchedule.Lane {
  /// What is known of an input at first.
  init(policy: SilencePolicy) {
    if case .idleAfter(let pause) = policy { idleAfter = max(1, pause.wholeMilliseconds) }
  }
}
