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
    // A struct of one field lies in memory as the field does.
    let base = unsafe UnsafeRawPointer(run.base).assumingMemoryBound(to: Lent<Chain.Input>.self)
    // No closure around the loops: what it captures would be copied to be asked.
    if let time = strategy.time {
      unsafe takeElements(from: base, upTo: end, time)
    } else {
      unsafe takeElements(from: base, upTo: end)
    }
    withExtendedLifetime(run) {}
    counters.received += UInt64(elementIndex - start)
  }

  /// Offers elements with event times, as long as nothing comes between.
  @inlinable
  mutating func takeElements(
    from base: UnsafePointer<Lent<Chain.Input>>,
    upTo end: Int,
    _ time: @Sendable (Chain.Input, Timestamp) -> Timestamp
  ) {
    let latest = now.advanced(byMilliseconds: strategy.maximumAhead)
    var index = elementIndex
    while index < end {
      let instant = unsafe base[index].time(time, now)
      index += 1
      if instant > latest {
        counters.ahead += 1
        continue
      }
      if instant < watermark { chain.hear(watermark) }
      unsafe take(base[index - 1])
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
  mutating func takeElements(from base: UnsafePointer<Lent<Chain.Input>>, upTo end: Int) {
    var index = elementIndex
    while index < end {
      unsafe take(base[index])
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

  /// Offers an element where it lies.
  @inlinable
  mutating func take(_ slot: borrowing Lent<Chain.Input>) {
    chain.receive(slot.element, at: now) { outputs.append($0) }
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
}

/// An element where it lies in a log, which outlives its being looked at.
///
/// It can't be copied, so neither is what is in it: an object among the elements, or one that they
/// hold, is not counted up and down for each operator that looks at it.
@usableFromInline
struct Lent<Element>: ~Copyable {
  @usableFromInline let element: Element

  /// The element's event time.
  @inlinable
  borrowing func time(_ time: (Element, Timestamp) -> Timestamp, _ now: Timestamp) -> Timestamp {
    time(element, now)
  }
}
