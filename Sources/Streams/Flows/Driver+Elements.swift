// SPDX-License-Identifier: Apache-2.0

// How a driver works on the items of a batch.
extension Driver {
  /// Works on the item at hand; answers whether it is done.
  @inlinable
  mutating func takeItem(room: Int) -> Bool {
    switch items[itemIndex] {
    case .run(let run):
      if deadline < run.appended {
        fireDeadline()
        return false
      }
      hear(at: run.appended)
      takeElements(of: run, room: room)
      guard elementIndex == run.count else { return false }
      elementIndex = 0
    case .mark(let mark, let appended):
      if deadline < appended {
        fireDeadline()
        return false
      }
      hear(at: appended)
      switch mark {
      case .watermark(let instant):
        watermark = max(watermark, instant)
        chain.hear(watermark)
      case .endOfInput: if ending == .open { ending = .endOfInput }
      }
      if ending == .endOfInput { return takeEndOfInput() }
    case .gap(let gap):
      counters.gaps += 1
      counters.missed += gap.count
      if notesMarks { note(.gap(gap)) }
    }
    return true
  }

  @inlinable
  mutating func hear(at instant: Timestamp) {
    move(to: instant)
    heard = instant
  }

  /// Offers as many elements of the run as there is room for.
  @inlinable
  mutating func takeElements(of run: Run<Chain.Input>, room: Int) {
    let start = elementIndex
    let end = min(run.count, start + max(1, room - outputs.count))
    // No closure around the loops: what it captures would be copied to be asked.
    if let time = strategy.time {
      unsafe takeElements(from: run.base, upTo: end, time)
    } else {
      unsafe takeElements(from: run.base, upTo: end)
    }
    withExtendedLifetime(run) {}
    counters.received += UInt64(elementIndex - start)
  }

  /// Offers elements with event times, as long as nothing comes between.
  @inlinable
  mutating func takeElements(
    from base: UnsafePointer<Chain.Input>,
    upTo end: Int,
    _ time: @Sendable (Chain.Input, Timestamp) -> Timestamp
  ) {
    var index = elementIndex
    while index < end {
      let element = unsafe base[index]
      index += 1
      let instant = time(element, now)
      if isAhead(instant) {
        counters.ahead += 1
        continue
      }
      if instant < watermark { chain.hear(watermark) }
      chain.receive(element, at: now) { outputs.append($0) }
      if Chain.fails, chain.hasFailures {
        failedPlace = (itemIndex, index - 1)
        break
      }
      observe(instant)
      if watermark > told, watermark >= interest { break }
      if Chain.expands, chain.isPending { break }
      if Chain.ends, chain.isDone { break }
    }
    elementIndex = index
  }

  /// Offers elements as long as nothing comes between.
  @inlinable
  mutating func takeElements(from base: UnsafePointer<Chain.Input>, upTo end: Int) {
    var index = elementIndex
    while index < end {
      chain.receive(unsafe base[index], at: now) { outputs.append($0) }
      index += 1
      if Chain.fails, chain.hasFailures {
        failedPlace = (itemIndex, index - 1)
        break
      }
      if Chain.expands, chain.isPending { break }
      if Chain.ends, chain.isDone { break }
    }
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
}
