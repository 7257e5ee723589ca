// SPDX-License-Identifier: Apache-2.0
public import Streams

// How sessions are given out, and forgotten.
extension SessionWindowing {
  /// Takes the clock; the sessions that fire by it are given out by ``resume(at:room:_:)``.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Output) -> Void) {
    if isClocked { watermark = max(watermark, now.advanced(byMilliseconds: 1).milliseconds) }
    if tick <= now {
      tick = .never
      askForNews()
    }
    settle()
  }

  /// Asks for all open sessions with news, in the order in which they opened.
  @usableFromInline
  mutating func askForNews() {
    let places = store.sessions.indices.filter { place in
      let session = store.sessions[place]
      return session.isLive && session.slot.news > 0 && session.end > watermark
    }
    for place in places.sorted(by: { store.sessions[$0].number < store.sessions[$1].number }) {
      ask(place)
    }
  }

  /// Finds out whether something is to be given out.
  @inlinable
  mutating func settle() {
    if answered == asked.count, answered > 0 {
      asked.removeAll(keepingCapacity: true)
      answered = 0
    }
    let isDue = watermark != .min && timers.first.map { $0.time <= watermark } ?? false
    isWaiting = isDue || !asked.isEmpty || !leaving.isEmpty
  }

  /// Gives out the results of sessions that fire.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    var left = room
    while left > 0, isWaiting {
      if !leaving.isEmpty {
        ledger.fired += 1
        left -= 1
        emit(leaving.removeFirst().result)
      } else if let timer = timers.first, watermark != .min, timer.time <= watermark {
        timers.removeFirst()
        end(timer) {
          left -= 1
          emit($0)
        }
      } else if answered < asked.count {
        let next = asked[answered]
        answered += 1
        if store.sessions[next.place].isLive, store.sessions[next.place].number == next.number {
          left -= 1
          emit(firing(next.place))
        }
      }
      settle()
    }
  }

  /// Does what is due to a session: it fires at its end, and is forgotten when it closes.
  @inlinable
  mutating func end(_ timer: SessionTimer, _ emit: (Output) -> Void) {
    let place = timer.place
    guard store.sessions[place].isLive, store.sessions[place].number == timer.number,
      store.sessions[place].timer == timer.time
    else { return }
    let (isPast, end) = (store.sessions[place].isPast, store.sessions[place].end)
    let due = isPast ? end.addingClamped(options.lateness) : end
    if due > timer.time {
      setTimer(place, due)
      return
    }
    if isPast ? firesAtClose(place) : firesAtEnd(place) { emit(firing(place)) }
    store.sessions[place].isPast = true
    store.noteChange(at: place)
    if isClosed(end) {
      store.remove(at: place, empty: empty)
    } else {
      setTimer(place, end.addingClamped(options.lateness))
    }
  }

  @inlinable
  func firesAtEnd(_ place: Int) -> Bool {
    let slot = store.sessions[place].slot
    if slot.news > 0 || slot.firings == 0 || !options.isDiscarding { return true }
    return options.closing == .always && isClosed(store.sessions[place].end)
  }

  @inlinable
  func firesAtClose(_ place: Int) -> Bool {
    store.sessions[place].slot.news > 0 || options.closing == .always
  }

  @inlinable
  mutating func firing(_ place: Int) -> Output {
    let (start, end) = (store.sessions[place].start, store.sessions[place].end)
    let told = store.sessions[place].slot.fire(discarding: options.isDiscarding ? empty : nil)
    ledger.fired += 1
    store.sessions[place].hasTold = true
    store.noteChange(at: place)
    return WindowResult(
      start: Timestamp(milliseconds: start),
      end: Timestamp(milliseconds: end),
      key: store.sessions[place].key,
      value: told.result,
      revision: told.revision,
      isFinal: isClosed(end),
      replaces: store.sessions[place].replaced.isEmpty ? [] : takeReplaced(place)
    )
  }

  @usableFromInline
  mutating func takeReplaced(_ place: Int) -> [Range<Timestamp>] {
    let replaced = store.sessions[place].replaced
    store.sessions[place].replaced = []
    return replaced.map { range in
      Timestamp(milliseconds: range.lowerBound)..<Timestamp(milliseconds: range.upperBound)
    }
  }

  /// Lets the session leave that ends or closes first; answers whether there is one.
  @usableFromInline
  mutating func evictFirst() -> Bool {
    while let timer = timers.first {
      timers.removeFirst()
      let session = store.sessions[timer.place]
      guard session.isLive, session.number == timer.number, session.timer == timer.time else {
        continue
      }
      let due = session.isPast ? session.end.addingClamped(options.lateness) : session.end
      guard due > timer.time else { return evict(timer.place) }
      setTimer(timer.place, due)
    }
    return false
  }

  private mutating func evict(_ place: Int) -> Bool {
    let session = store.sessions[place]
    if session.slot.news > 0 {
      leaving.append(
        LeavingWindow(
          start: session.start,
          end: session.end,
          key: session.key,
          slot: session.slot
        )
      )
      isWaiting = true
    }
    ledger.evicted += 1
    store.remove(at: place, empty: empty)
    return true
  }
}
