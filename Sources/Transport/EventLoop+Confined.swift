// SPDX-License-Identifier: Apache-2.0

/// What a loop has done since it began, and what it holds.
public struct LoopStatistics: Equatable, Sendable {
  /// Turns taken.
  public internal(set) var turnCount = 0
  /// Ready descriptors handed to the tenant.
  public internal(set) var readyEventCount = 0
  /// Timers that came due.
  public internal(set) var firedTimerCount = 0
  /// Jobs and bodies run.
  public internal(set) var workCount = 0
  /// Most jobs and bodies that ever waited at once.
  public internal(set) var peakQueuedWorkCount = 0
  /// Descriptors registered now.
  public internal(set) var registrationCount = 0
  /// Timers pending now.
  public internal(set) var pendingTimerCount = 0
}

// Confined to the loop's thread: these may be called from the tenant and from the loop's jobs only.
extension EventLoop {
  /// The monotonic clock as it stood when this turn began to handle events; confined.
  public var now: MonotonicInstant {
    checkIsolated()
    return turnStart
  }

  /// What the loop has done and holds; confined.
  public var statistics: LoopStatistics {
    checkIsolated()
    var statistics = counters
    statistics.peakQueuedWorkCount = inbox.withLock { $0.peakQueuedCount }
    statistics.registrationCount = registry.activeCount
    statistics.pendingTimerCount = timers.count + guests.pendingTimerCount
    return statistics
  }

  /// Begins to watch a descriptor, edge-triggered; confined.
  ///
  /// What is ready already is told in the next turn.
  ///
  /// - Parameters:
  ///   - descriptor: An open descriptor that epoll can watch. The loop never closes it.
  ///   - interest: What to hear of; ends and errors are told in any case.
  /// - Returns: The identifier that its events carry.
  /// - Throws: ``SystemError`` when the descriptor is already watched, or the kernel's limit is reached.
  public func register(
    _ descriptor: CInt,
    for interest: Interest
  ) throws(SystemError) -> RegistrationID {
    checkIsolated()
    let id = registry.add(descriptor)
    do throws(SystemError) {
      try poller.add(id, for: interest)
    } catch {
      _ = registry.remove(id)
      throw error
    }
    return id
  }

  /// Ends a registration, before its descriptor is closed; confined.
  ///
  /// No event of it follows in later turns. A stale identifier is ignored.
  public func deregister(_ id: RegistrationID) {
    checkIsolated()
    if registry.remove(id) { poller.remove(id) }
  }

  /// Sets a timer for an instant; confined.
  ///
  /// One that has passed fires in the next turn.
  public func schedule(at deadline: MonotonicInstant) -> TimerID {
    checkIsolated()
    return timers.schedule(at: deadline)
  }

  /// Sets a timer, counted from ``now``; confined.
  ///
  /// It fires at most about a millisecond late.
  public func schedule(after delay: Duration) -> TimerID {
    schedule(at: now.advanced(by: delay))
  }

  /// Cancels a timer; confined.
  ///
  /// - Parameter timer: What one of the `schedule` methods returned.
  /// - Returns: `false` when it had fired or was cancelled before.
  @discardableResult
  public func cancel(_ timer: TimerID) -> Bool {
    checkIsolated()
    return timers.cancel(timer)
  }
}
