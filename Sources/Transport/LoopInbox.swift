// SPDX-License-Identifier: Apache-2.0

/// Decides what arriving work and the end of a loop lead to.
///
/// No lock, thread or system call.
struct LoopInbox {
  enum Work {
    case job(UnownedJob)
    case body(@Sendable () -> Void)
  }

  /// What the caller must do after it let go of the lock.
  enum Action: Equatable {
    /// Nothing: the loop will look before it sleeps.
    case none
    /// Wake the loop's thread.
    case wake
    /// Run the work on a thread of its own: the loop's has ended.
    case drain
  }

  private enum Phase {
    case created, running, stopping, ended
  }

  private var phase = Phase.created
  private var isAsleep = false
  private var isDraining = false
  private var waiting: [Work] = []
  private(set) var peakQueuedCount = 0

  var isStopping: Bool { phase == .stopping }
  var hasEnded: Bool { phase == .ended }

  mutating func start() {
    precondition(phase == .created, "a loop must be started once, and before it is stopped")
    phase = .running
  }

  mutating func add(_ work: Work) -> Action {
    waiting.append(work)
    peakQueuedCount = max(peakQueuedCount, waiting.count)
    return actionForWork()
  }

  mutating func stop() -> Action {
    switch phase {
    case .created:
      phase = .ended
      return waiting.isEmpty ? .none : actionForWork()
    case .running:
      phase = .stopping
      return wakeIfAsleep()
    case .stopping, .ended:
      return .none
    }
  }

  /// Whether the loop may sleep until an event; from now on, arriving work wakes it.
  mutating func fallAsleep() -> Bool {
    isAsleep = waiting.isEmpty && phase == .running
    return isAsleep
  }

  mutating func wakeUp() {
    isAsleep = false
  }

  /// Hands the waiting work over by exchanging arrays, so neither is allocated anew.
  mutating func take(into work: inout [Work]) {
    swap(&waiting, &work)
  }

  /// Ends the loop.
  ///
  /// Its own thread drains first what is still waiting.
  mutating func end() {
    phase = .ended
    isDraining = true
  }

  /// Hands over what the draining thread must run next; with nothing left, it drains no longer.
  mutating func takeLate(into work: inout [Work]) -> Bool {
    take(into: &work)
    isDraining = !work.isEmpty
    return isDraining
  }

  private mutating func actionForWork() -> Action {
    switch phase {
    case .created:
      return .none
    case .running, .stopping:
      return wakeIfAsleep()
    case .ended:
      defer { isDraining = true }
      return isDraining ? .none : .drain
    }
  }

  private mutating func wakeIfAsleep() -> Action {
    defer { isAsleep = false }
    return isAsleep ? .wake : .none
  }
}
