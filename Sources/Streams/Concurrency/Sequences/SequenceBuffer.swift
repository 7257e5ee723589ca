// SPDX-License-Identifier: Apache-2.0

/// The bounded hand-over from the task that iterates over a sequence to the reader of its flow.
final class SequenceBuffer<Element: Sendable>: Sendable {
  /// How the sequence came to its end.
  fileprivate enum Ending {
    case open
    case ended
    case failed(any Error)
  }

  fileprivate struct State {
    var elements: [Element] = []
    /// Where the elements of one instant end, and that instant.
    var runs: [(end: Int, appended: Timestamp)] = []
    /// No later element has an earlier instant.
    var floor = Timestamp.distantPast
    var ending = Ending.open
    /// When the sequence ended.
    var quietEnd = Timestamp.distantPast
    var consumers = Wakers()
    var producers = Wakers()
    var counters = Counters()
  }

  /// What was counted.
  struct Counters {
    var received: UInt64 = 0
    var handedOver: UInt64 = 0
    var holdBacks: UInt64 = 0
  }

  /// What there is to take.
  enum Taken {
    case elements([Element], runs: [(end: Int, appended: Timestamp)])
    case promise
    case nothing
    case failure(any Error)
    case end
  }

  private let state = Guarded(State())
  let capacity: Int
  let clock: any EngineClock
  private let span: Int64

  init(capacity: Int, within span: Int64, clock: any EngineClock) {
    self.capacity = capacity
    self.span = span
    self.clock = clock
  }

  var counters: Counters { state.withLock { $0.counters } }
  var quietEnd: Timestamp { state.withLock { $0.quietEnd } }

  /// Takes an element of the sequence; answers whether there is room for another.
  func put(_ element: Element) -> Bool {
    let now = clock.now
    let (hasRoom, wakers) = state.withLock { state in
      state.counters.received += 1
      state.elements.append(element)
      let count = state.elements.count
      if let last = state.runs.last, state.floor <= last.appended,
        now < last.appended.advanced(byMilliseconds: span)
      {
        state.runs[state.runs.count - 1].end = count
      } else {
        state.floor = max(state.floor, now)
        state.runs.append((count, state.floor))
      }
      let hasRoom = count < capacity
      if !hasRoom { state.counters.holdBacks += 1 }
      return (hasRoom, state.consumers.takeAll())
    }
    for wake in wakers { wake() }
    return hasRoom
  }

  /// Ends the hand-over, behind what was put.
  func end(_ error: (any Error)?) {
    let now = clock.now
    let wakers = state.withLock { state in
      state.ending = error.map { .failed($0) } ?? .ended
      state.quietEnd = max(state.floor, now)
      return state.consumers.takeAll()
    }
    for wake in wakers { wake() }
  }

  /// Suspends until there is room.
  ///
  /// - Throws: `CancellationError`.
  nonisolated(nonsending) func room() async throws {
    let news = OneShot<Void>()
    let mustWait = state.withLock { state in
      guard state.elements.count >= capacity else { return false }
      _ = state.producers.add { news.settle(()) }
      return true
    }
    if mustWait { try await news.arrival() }
  }

  /// Takes what there is, at most `limit` elements, or promises that there was nothing.
  func take(limit: Int, until deadline: Timestamp) -> Taken {
    let now = clock.now
    let (taken, wakers): (Taken, [Wakers.Wake]) = state.withLock { state in
      guard state.elements.isEmpty else {
        return (state.take(limit), state.producers.takeAll())
      }
      switch state.ending {
      case .open:
        guard deadline <= now else { return (.nothing, []) }
        state.floor = max(state.floor, deadline.advanced(byMilliseconds: 1))
        return (.promise, [])
      case .failed(let error):
        state.ending = .ended
        return (.failure(error), [])
      case .ended: return (.end, [])
      }
    }
    for wake in wakers { wake() }
    return taken
  }

  /// Asks to be told when there is something to take; `nil` when there is now.
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    let id: UInt64? = state.withLock { state in
      guard state.elements.isEmpty, case .open = state.ending else { return nil }
      return state.consumers.add(wake)
    }
    guard let id else { return nil }
    return WakeRequest { [weak self] in self?.state.withLock { $0.consumers.remove(id) } }
  }
}

extension SequenceBuffer.State {
  /// Takes the oldest elements.
  fileprivate mutating func take(_ limit: Int) -> SequenceBuffer<Element>.Taken {
    let count = min(limit, elements.count)
    counters.handedOver += UInt64(count)
    if count == elements.count {
      defer { (elements, runs) = ([], []) }
      return .elements(elements, runs: runs)
    }
    let taken = Array(elements.prefix(count))
    elements.removeFirst(count)
    var takenRuns = runs.filter { $0.end <= count }
    let whole = takenRuns.count
    if (takenRuns.last?.end ?? 0) < count { takenRuns.append((count, runs[whole].appended)) }
    runs.removeFirst(whole)
    for index in runs.indices { runs[index].end -= count }
    return .elements(taken, runs: takenRuns)
  }
}
