// SPDX-License-Identifier: Apache-2.0

/// Reads an outer flow and the flows that its elements lead to, in the order of their instants.
///
/// It needs no tasks: all are polled, and before something is handed out everyone who could have
/// something earlier has promised that it hasn't.
final class FlatMapReader<Outer: Sendable, Element: Sendable>: StagedReader {
  /// A flow that is open.
  private struct Inner {
    var input: InnerInput<Element>
    /// No entry of it counts as earlier.
    let opened: Timestamp
    var watermark = Timestamp.distantPast
    var instant: Timestamp? { input.headInstant.map { max($0, opened) } }
  }

  private let strategy: FlatMapStrategy
  private let open: @Sendable (Outer) -> any FlowSource<Element>
  private var outer: InnerInput<Outer>
  /// How much of the outer run at hand is done.
  private var place = 0
  private var inners: [Inner] = []
  private var builder = RunBuilder<Element>()
  private var watermark = Timestamp.distantPast
  private var told = Timestamp.distantPast
  private var now = Timestamp.distantPast
  /// Whether an end of input has come that some inner flow has not reached.
  private var owesEndOfInput = false
  private var blocked: SideWrite?
  /// What one of them threw: told behind what came before it.
  private var failure: (any Error)?
  private var lastEnd = Timestamp.distantPast
  private var counters = (received: UInt64(0), out: UInt64(0), replaced: UInt64(0))
  let clock: any EngineClock

  init(_ source: FlatMapSource<Outer, Element>) {
    strategy = source.strategy
    open = source.open
    outer = InnerInput(source.outer)
    clock = outer.reader.clock
  }

  /// Whether the outer flow has a say, as it has until its next element waits for a place.
  ///
  /// Marks before that are passed on in time, whatever the batches in which they are read.
  private var asksOuter: Bool {
    if outer.isEnded { return false }
    guard case .run? = outer.head else { return true }
    return strategy.replaces || inners.count < strategy.limit
  }

  private var isAtEnd: Bool { outer.isEnded && outer.head == nil && inners.isEmpty }

  /// When the last of all ended.
  var quietEnd: Timestamp { max(lastEnd, outer.reader.quietEnd) }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    var batch = Batch<Element>()
    do { try work(limit, into: &batch) } catch { failure = error }
    builder.flush(into: &batch.items)
    if !batch.items.isEmpty { return .batch(batch) }
    if let failure { throw failure }
    if let write = blocked.take() { return .wait(write) }
    if isAtEnd { return .end }
    if deadline < .never {
      hasNews = false
      if try isSilent(through: deadline, limit) {
        return .batch(Batch(silentThrough: deadline))
      }
      // What came instead is at hand now: nobody would tell of it any more.
      if hasNews { return try poll(limit: limit, until: deadline) }
    }
    if let write = blocked.take() { return .wait(write) }
    return .empty
  }

  /// Takes what is sure to come next, as long as there is room.
  private func work(_ limit: Int, into batch: inout Batch<Element>) throws {
    while batch.count + builder.count < limit, blocked == nil, failure == nil {
      try readHeads(limit)
      tell(into: &batch)
      guard let next = nextInstant else { return }
      guard try isSure(next, limit) else {
        if hasNews { continue }
        return
      }
      take(next, room: limit - batch.count - builder.count, into: &batch)
    }
  }

  // MARK: Reading

  /// Whether the last reading brought something, or somebody to the end.
  private var hasNews = false

  private func readHeads(_ limit: Int) throws {
    if asksOuter { try readOuter(limit, until: .never) }
    for index in inners.indices { try readInner(index, limit, until: .never) }
    dropEnded()
  }

  private func readOuter(_ limit: Int, until instant: Timestamp) throws {
    guard blocked == nil, outer.head == nil, !outer.isEnded else { return }
    blocked = try outer.read(limit: limit, until: instant)
    if outer.head != nil || outer.isEnded { hasNews = true }
  }

  private func readInner(_ index: Int, _ limit: Int, until instant: Timestamp) throws {
    guard blocked == nil, inners[index].input.head == nil, !inners[index].input.isEnded else {
      return
    }
    blocked = try inners[index].input.read(limit: limit, until: instant)
    if inners[index].input.head != nil || inners[index].input.isEnded { hasNews = true }
  }

  /// Forgets the flows that have ended: their places are free.
  private func dropEnded() {
    for inner in inners where inner.input.isEnded && inner.input.head == nil {
      lastEnd = max(lastEnd, inner.input.reader.quietEnd)
    }
    inners.removeAll { $0.input.isEnded && $0.input.head == nil }
  }

  // MARK: Order

  /// The instant of what comes next, and whose it is: `nil` is the outer flow.
  private var nextInstant: (instant: Timestamp, inner: Int?)? {
    var next: (instant: Timestamp, inner: Int?)?
    if asksOuter, let instant = outer.headInstant { next = (instant, nil) }
    for index in inners.indices {
      guard let instant = inners[index].instant else { continue }
      if let known = next, known.instant <= instant { continue }
      next = (instant, index)
    }
    return next
  }

  /// Whether nobody else has something to say before that; asks those that may.
  private func isSure(_ next: (instant: Timestamp, inner: Int?), _ limit: Int) throws -> Bool {
    hasNews = false
    let before = next.instant.advanced(byMilliseconds: -1)
    if next.inner != nil, asksOuter, !outer.isSilent(through: next.instant) {
      try readOuter(limit, until: next.instant)
      if hasNews || !outer.isSilent(through: next.instant) { return false }
    }
    for index in inners.indices where index != next.inner {
      let last = index < next.inner ?? 0 ? next.instant : before
      guard last >= inners[index].opened, inners[index].input.head == nil else { continue }
      if inners[index].input.isSilent(through: last) { continue }
      try readInner(index, limit, until: last)
      if hasNews || !inners[index].input.isSilent(through: last) { return false }
    }
    return true
  }

  /// Whether nothing comes at or before that instant.
  private func isSilent(through instant: Timestamp, _ limit: Int) throws -> Bool {
    if asksOuter {
      try readOuter(limit, until: instant)
      if !outer.isSilent(through: instant) { return false }
    }
    for index in inners.indices where inners[index].instant ?? .distantPast <= instant {
      try readInner(index, limit, until: instant)
      let isSilent = inners[index].input.isSilent(through: instant)
      if !isSilent || inners[index].input.isEnded { return false }
    }
    return blocked == nil && (asksOuter || !inners.isEmpty || outer.isEnded)
  }

  // MARK: Taking

  private func take(
    _ next: (instant: Timestamp, inner: Int?),
    room: Int,
    into batch: inout Batch<Element>
  ) {
    now = max(now, next.instant)
    if let index = next.inner {
      takeInner(index, room, into: &batch)
    } else {
      takeOuter(into: &batch)
    }
    tell(into: &batch)
  }

  private func takeOuter(into batch: inout Batch<Element>) {
    switch outer.head {
    case .run(let run)?:
      owesEndOfInput = false
      counters.received += 1
      if strategy.replaces {
        counters.replaced += UInt64(inners.count)
        inners = []
      }
      let source = open(run[place])
      inners.append(Inner(input: InnerInput(source), opened: now))
      place += 1
      guard place == run.count else { return }
      place = 0
    case .mark(.watermark(let instant), _)?: watermark = max(watermark, instant)
    case .mark(.endOfInput, _)?: owesEndOfInput = true
    case .gap(let gap)?: batch.items.append(.gap(gap))
    case nil: return
    }
    _ = outer.takeHead()
  }

  private func takeInner(_ index: Int, _ room: Int, into batch: inout Batch<Element>) {
    guard let item = inners[index].input.takeHead(room: room) else { return }
    switch item {
    case .run(let run):
      inners[index].input.isAtEndOfInput = false
      counters.out += UInt64(run.count)
      for element in run { builder.append(element, at: now) }
    case .mark(.watermark(let instant), _):
      inners[index].watermark = max(inners[index].watermark, instant)
    case .mark(.endOfInput, _): inners[index].input.isAtEndOfInput = true
    case .gap(let gap): builder.flush(then: Batch<Element>.Item.gap(gap), into: &batch.items)
    }
    dropEnded()
  }

  /// Tells the watermark and the end of the input if they have moved.
  private func tell(into batch: inout Batch<Element>) {
    let least = inners.reduce(watermark) { min($0, $1.watermark) }
    if least > told {
      told = least
      builder.flush(
        then: Batch<Element>.Item.mark(.watermark(least), appended: now),
        into: &batch.items
      )
    }
    guard owesEndOfInput, inners.allSatisfy(\.input.isAtEndOfInput) else { return }
    owesEndOfInput = false
    builder.flush(then: Batch<Element>.Item.mark(.endOfInput, appended: now), into: &batch.items)
  }

  // MARK: Waiting

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    var sources: [(@escaping @Sendable () -> Void) -> WakeRequest?] = []
    if asksOuter, outer.head == nil { sources.append(outer.reader.notify) }
    for inner in inners where inner.input.head == nil { sources.append(inner.input.reader.notify) }
    return WakeRequest.any(wake, of: sources)
  }

  var wakeTime: Timestamp {
    let head = nextInstant?.instant ?? .never
    var time = head > clock.now ? head : .never
    if asksOuter, outer.head == nil { time = min(time, outer.reader.wakeTime) }
    for inner in inners where inner.input.head == nil {
      time = min(time, inner.input.reader.wakeTime)
    }
    return time
  }

  var promisesSilence: Bool {
    (!asksOuter || outer.reader.promisesSilence)
      && inners.allSatisfy(\.input.reader.promisesSilence)
  }

  var isWorking: Bool { outer.reader.isWorking || inners.contains(where: \.input.reader.isWorking) }

  func pause() {
    outer.reader.pause()
    for inner in inners { inner.input.reader.pause() }
  }

  var inputPlan: FlowPlan? { outer.reader.plan }

  var stages: [StageStatistics] {
    let stage = StageStatistics(
      "flatMap",
      [
        "in": counters.received, "out": counters.out, "open": UInt64(inners.count),
        "replaced": counters.replaced,
      ],
      passage: .exactly(counters.out)
    )
    return outer.reader.stages + [stage]
  }
}
