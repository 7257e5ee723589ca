// SPDX-License-Identifier: Apache-2.0
import Glibc

extension EventLoop {
  /// Waits, then handles everything that is due, once.
  func turn(_ tenant: isolated any LoopTenant) {
    waitUntilReady()
    turnStart = .now
    counters.turnCount += 1
    if !readyEvents.isEmpty {
      counters.readyEventCount += readyEvents.count
      tenant.ready(readyEvents)
    }
    if !guests.isEmpty { serveGuests() }
    fireDueTimers(tenant)
    runQueuedWork()
    if !guests.isEmpty { settleGuests() }
    tenant.settle()
  }

  /// Runs the work that was taken out of the inbox.
  func runWork() {
    counters.workCount += work.count
    for item in work {
      switch item {
      case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
      case .body(let body): body()
      }
    }
    work.removeAll(keepingCapacity: true)
  }

  private func waitUntilReady() {
    readyEvents.removeAll(keepingCapacity: true)
    if !guestEvents.isEmpty { guestEvents.removeAll(keepingCapacity: true) }
    guard inbox.withLock({ $0.fallAsleep() }) else {
      return waitForEvents(milliseconds: 0)
    }
    waitForEvents(milliseconds: nextDeadline?.millisecondsLeft(from: .now) ?? -1)
    inbox.withLock { $0.wakeUp() }
  }

  private func waitForEvents(milliseconds: CInt) {
    poller.wait(
      milliseconds: milliseconds,
      registry: registry,
      into: &readyEvents,
      guests: &guestEvents
    )
  }

  private var nextDeadline: MonotonicInstant? {
    let own = timers.nextDeadline
    guard !guests.isEmpty, let theirs = guests.nextDeadline else { return own }
    return own.map { min($0, theirs) } ?? theirs
  }

  private func fireDueTimers(_ tenant: isolated any LoopTenant) {
    if !dueTimers.isEmpty { dueTimers.removeAll(keepingCapacity: true) }
    timers.takeDue(at: turnStart, into: &dueTimers)
    guard !dueTimers.isEmpty else { return }
    counters.firedTimerCount += dueTimers.count
    tenant.fire(dueTimers)
  }

  private func runQueuedWork() {
    for _ in 0..<Self.maximumJobRounds {
      inbox.withLock { $0.take(into: &work) }
      if work.isEmpty { return }
      runWork()
    }
  }
}
