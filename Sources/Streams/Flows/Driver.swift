// SPDX-License-Identifier: Apache-2.0

/// Drives an operator over batches: entries, marks, deadlines and watermarks in the order that the
/// log prescribes, never more outputs than there is room for.
@usableFromInline
struct Driver<Chain: Operator>: ~Copyable {
  /// Why ``step(room:)`` returned.
  @usableFromInline
  enum Progress {
    /// There is no room; take ``outputs`` and go on.
    case full
    /// Take ``outputs``, then pass ``settledWatermark`` on: windows fired by it are among them.
    case watermark
    /// Take ``outputs``, then tell of the end of an input.
    case endOfInput
    /// Take ``outputs``; everything that was loaded is done.
    case idle
  }

  /// Where batches come from.
  @usableFromInline typealias Reader = any FlowReader<Chain.Input>
  /// The work of ``run(_:room:)``, made where the chain's type is known.
  @usableFromInline typealias Loop = @Sendable (inout Driver, Reader?, Int) -> Progress

  @usableFromInline var chain: Chain
  @usableFromInline let strategy: WatermarkStrategy<Chain.Input>
  @usableFromInline let loop: Loop
  /// What came out and was not taken yet, in order.
  @usableFromInline var outputs: [Chain.Output] = []
  /// The watermark: no element before it is expected.
  @usableFromInline var watermark = Timestamp.distantPast
  /// What the driver has counted.
  @usableFromInline var counters = DriverCounters()

  /// The watermark that the chain has heard of, or has no use for.
  @usableFromInline var told = Timestamp.distantPast
  /// The watermark for which `step` has returned.
  @usableFromInline var settled = Timestamp.distantPast
  @usableFromInline var now = Timestamp.distantPast
  @usableFromInline var items: [Batch<Chain.Input>.Item] = []
  @usableFromInline var itemIndex = 0
  @usableFromInline var elementIndex = 0
  @usableFromInline var silentThrough = Timestamp.distantPast
  @usableFromInline var ending = Ending.open

  /// How far the end of an input or of the whole source has been told.
  @usableFromInline
  enum Ending {
    case open
    case endOfInput
    case lastWatermark
    case finish
    case finished
  }

  init(
    _ chain: Chain,
    _ strategy: WatermarkStrategy<Chain.Input>,
    loop: @escaping Loop = { driver, reader, room in driver.work(reader, room: room) }
  ) {
    self.chain = chain
    self.strategy = strategy
    self.loop = loop
  }

  /// Gives it the next batch; the one before must be done.
  @inlinable
  mutating func load(_ batch: Batch<Chain.Input>) {
    items = batch.items
    itemIndex = 0
    elementIndex = 0
    if let instant = batch.silentThrough { silentThrough = instant }
  }

  /// Works on what was loaded, then on what the reader has at once, as long as nothing comes out:
  /// until the watermark moves or a pipeline's budget is used.
  ///
  /// One call through a closure, so that the loop over the elements is the specialised one even
  /// where the caller is not: a pipeline is generic and belongs to this module.
  mutating func run(_ reader: Reader?, room: Int) -> Progress {
    let loop = loop
    return loop(&self, reader, room)
  }

  /// What ``run(_:room:)`` does, for the compiler of whoever puts the chain together.
  @inlinable
  mutating func work(_ reader: Reader?, room: Int) -> Progress {
    let (start, before) = (counters.received, settledWatermark)
    while true {
      let progress = step(room: room)
      guard progress == .idle, outputs.isEmpty, ending == .open, settledWatermark == before,
        counters.received &- start < PipelineLimits.budget, !Task.isCancelled,
        let batch = reader?.take(limit: FlowLimits.batch)
      else { return progress }
      load(batch)
    }
  }

  /// Works until all is done or `outputs` holds at least `room`.
  @inlinable
  mutating func step(room: Int) -> Progress {
    while true {
      if outputs.count >= room { return .full }
      if Chain.expands, chain.isPending {
        chain.resume(at: now, room: room - outputs.count) { outputs.append($0) }
      } else if told > settled, !isEnding {
        settled = told
        return .watermark
      } else if watermark > told, watermark >= chain.nextWatermark {
        told = watermark
        chain.advance(to: watermark, at: now) { outputs.append($0) }
      } else if itemIndex < items.count {
        if takeItem(room: room) {
          itemIndex += 1
          if ending == .endOfInput {
            ending = .open
            return .endOfInput
          }
        }
      } else if chain.deadline <= silentThrough {
        fireDeadline()
      } else if ending != .open, ending != .finished {
        takeEnding()
      } else {
        return .idle
      }
    }
  }

  /// Calls `fire` for the deadline that has come.
  @inlinable
  mutating func fireDeadline() {
    now = max(now, chain.deadline)
    chain.fire(at: now) { outputs.append($0) }
  }

  /// Works on the item at hand; answers whether it is done.
  @inlinable
  mutating func takeItem(room: Int) -> Bool {
    switch items[itemIndex] {
    case .run(let run):
      if chain.deadline < run.appended {
        fireDeadline()
        return false
      }
      now = run.appended
      takeElements(of: run, room: room)
      guard elementIndex == run.count else { return false }
      elementIndex = 0
    case .mark(let mark, let appended):
      if chain.deadline < appended {
        fireDeadline()
        return false
      }
      now = appended
      switch mark {
      case .watermark(let instant):
        watermark = max(watermark, instant)
        if chain.nextWatermark == .never { told = watermark }
      case .endOfInput: if ending == .open { ending = .endOfInput }
      }
      if ending == .endOfInput { return takeEndOfInput() }
    case .gap(let gap):
      counters.gaps += 1
      counters.missed += gap.count
    }
    return true
  }

  /// Offers as many elements of the run as there is room for.
  @inlinable
  mutating func takeElements(of run: Run<Chain.Input>, room: Int) {
    let start = elementIndex
    let end = min(run.count, start + max(1, room - outputs.count))
    var index = start
    unsafe run.withElements { elements in
      if let time = strategy.time {
        while index < end {
          let element = unsafe elements[index]
          index += 1
          let instant = time(element, now)
          if isAhead(instant) {
            counters.ahead += 1
            continue
          }
          chain.receive(element, at: now) { outputs.append($0) }
          observe(instant)
          if watermark > told, watermark >= chain.nextWatermark { break }
          if Chain.expands, chain.isPending { break }
        }
      } else {
        while index < end {
          chain.receive(unsafe elements[index], at: now) { outputs.append($0) }
          index += 1
          if Chain.expands, chain.isPending { break }
        }
      }
    }
    counters.received += UInt64(index - start)
    elementIndex = index
  }

  /// Moves the watermark by an element's time.
  @inlinable
  mutating func observe(_ time: Timestamp) {
    let candidate = time.advanced(byMilliseconds: 0 &- strategy.bound)
    if candidate > watermark {
      watermark = candidate
    } else if time < watermark {
      counters.behind += 1
    }
  }

  /// Tells whether a time is so far in the future that it is not believed.
  @inlinable
  func isAhead(_ time: Timestamp) -> Bool {
    time > now.advanced(byMilliseconds: strategy.maximumAhead)
  }

  /// The watermark behind all outputs so far.
  ///
  /// Where windows fire by it, it is the one they were told, so that its place among the outputs
  /// depends on the log alone and not on the batches in which the log was read.
  @inlinable var settledWatermark: Timestamp {
    chain.nextWatermark == .never ? watermark : told
  }

  /// Takes what came out.
  @inlinable
  mutating func takeOutputs() -> [Chain.Output] {
    if outputs.isEmpty { return [] }
    var taken: [Chain.Output] = []
    taken.reserveCapacity(outputs.count)
    swap(&taken, &outputs)
    return taken
  }
}
