// SPDX-License-Identifier: Apache-2.0
import Glibc

// Confined to the loop's thread, like the calls for the tenant.
extension EventLoop {
  /// Takes in a guest, which the loop keeps until it leaves or the loop ends; confined.
  ///
  /// - Parameter guest: Who hears of the registrations and timers made for it.
  /// - Returns: What the guest calls the loop with; `nil` when the loop has ended.
  public func admit(_ guest: any LoopGuest) -> GuestID? {
    checkIsolated()
    return inbox.withLock { $0.hasEnded } ? nil : guests.add(guest)
  }

  /// Lets a guest go, after it ended its registrations; its timers go with it; confined.
  public func dismiss(_ guest: GuestID) {
    checkIsolated()
    guests.remove(guest)
  }

  /// Begins to watch a descriptor for a guest, level-triggered; confined.
  ///
  /// Level-triggered, since libraries that are told of readiness need not read until a descriptor
  /// would block: it is told again each turn until it was.
  ///
  /// - Parameters:
  ///   - descriptor: An open descriptor that epoll can watch. The loop never closes it.
  ///   - interest: What to hear of; errors are told in any case, the peer's end to readers only.
  ///   - guest: Who is told.
  /// - Returns: The identifier that its events carry.
  /// - Throws: ``SystemError`` when the descriptor is already watched, or the kernel's limit is reached.
  public func register(
    _ descriptor: CInt,
    for interest: Interest,
    guest: GuestID
  ) throws(SystemError) -> RegistrationID {
    checkIsolated()
    let id = registry.add(descriptor, guest: guest.number)
    do throws(SystemError) {
      try poller.addLevelTriggered(id, for: interest)
    } catch {
      _ = registry.remove(id)
      throw error
    }
    return id
  }

  /// Changes what a guest's registration hears of; confined.
  ///
  /// - Throws: ``SystemError``: `ENOENT` when the descriptor was closed meanwhile.
  public func update(_ id: RegistrationID, for interest: Interest) throws(SystemError) {
    checkIsolated()
    guard registry.holds(id) else {
      throw SystemError(errno: ENOENT, operation: "change a registration that has ended")
    }
    try poller.updateLevelTriggered(id, for: interest)
  }

  /// Sets a timer of a guest; confined.
  ///
  /// One that has passed fires in the next turn.
  ///
  /// - Returns: The timer; `nil` when the guest has left.
  public func schedule(at deadline: MonotonicInstant, guest: GuestID) -> TimerID? {
    checkIsolated()
    return guests.schedule(at: deadline, for: guest)
  }

  /// Cancels a timer of a guest; confined.
  ///
  /// - Returns: `false` when it had fired or was cancelled before.
  @discardableResult
  public func cancel(_ timer: TimerID, guest: GuestID) -> Bool {
    checkIsolated()
    return guests.cancel(timer, of: guest)
  }

  /// Tells each guest which of its descriptors are ready, then which of its timers came due.
  func serveGuests() {
    for (number, event) in guestEvents { guests.note(event, for: number) }
    for seat in 0..<guests.seatCount {
      guard let due = guests.takeDue(seat: seat, at: turnStart) else { continue }
      counters.readyEventCount += due.events.count
      counters.firedTimerCount += due.timers.count
      if !due.events.isEmpty { due.guest.ready(due.events) }
      if !due.timers.isEmpty { due.guest.fire(due.timers) }
    }
  }

  func settleGuests() {
    for seat in 0..<guests.seatCount { guests.guest(inSeat: seat)?.settle() }
  }

  /// Tells the guests that the loop ends; nobody can be admitted any more.
  func endGuests() {
    for guest in guests.removeAll() { guest.loopEnded() }
  }
}
