// SPDX-License-Identifier: Apache-2.0

/// Lives on an event loop beside its tenant: a library that wants descriptors and timers of its own.
///
/// A guest hears of its own registrations and timers only, and the tenant never hears of them. Its
/// ``settle()`` comes before the tenant's, so that what it hands over leaves in the same turn.
/// Guests cost a loop without any nothing, and each turn of one with some a call each. All is called
/// on the loop's thread; a guest that is an actor has to say so with `assumeIsolated`.
public protocol LoopGuest: AnyObject, Sendable {
  /// Handles every descriptor of its own that became ready, as ``LoopTenant/ready(_:)``.
  func ready(_ events: [ReadyEvent])

  /// Handles the timers of its own that came due, as ``LoopTenant/fire(_:)``.
  func fire(_ timers: [TimerID])

  /// Ends the turn, before the tenant does.
  func settle()

  /// Says that the loop takes no further turn: let go of everything; the guest has left already.
  func loopEnded()
}

/// Where a guest sits on its loop.
public struct GuestID: Hashable, Sendable {
  let number: UInt16
}

/// The guests of one loop, and what waits to be told to each.
struct GuestList {
  /// Most guests of a loop at once: they are parts of a program, not connections.
  static let maximumCount = 64

  private struct Seat {
    let guest: any LoopGuest
    var events: [ReadyEvent] = []
    var timers = TimerQueue()
  }

  // Number 0 is the tenant, so the guest of seat n has the number n + 1.
  private var seats: [Seat?] = []

  private(set) var count = 0
  var isEmpty: Bool { count == 0 }
  var pendingTimerCount: Int { seats.reduce(0) { $0 + ($1?.timers.count ?? 0) } }

  /// When the first timer of any guest is due.
  var nextDeadline: MonotonicInstant? {
    seats.lazy.compactMap { $0?.timers.nextDeadline }.min()
  }

  mutating func add(_ guest: any LoopGuest) -> GuestID {
    precondition(count < Self.maximumCount, "a loop has at most \(Self.maximumCount) guests")
    count += 1
    if let free = seats.firstIndex(where: { $0 == nil }) {
      seats[free] = Seat(guest: guest)
      return GuestID(number: UInt16(free + 1))
    }
    seats.append(Seat(guest: guest))
    return GuestID(number: UInt16(seats.count))
  }

  mutating func remove(_ id: GuestID) {
    guard let seat = seat(of: id.number) else { return }
    seats[seat] = nil
    count -= 1
  }

  /// Takes out every guest.
  mutating func removeAll() -> [any LoopGuest] {
    let guests = seats.compactMap { $0?.guest }
    (seats, count) = ([], 0)
    return guests
  }

  mutating func note(_ event: ReadyEvent, for number: UInt16) {
    if let seat = seat(of: number) { seats[seat]?.events.append(event) }
  }

  mutating func schedule(at deadline: MonotonicInstant, for id: GuestID) -> TimerID? {
    seat(of: id.number).flatMap { seats[$0]?.timers.schedule(at: deadline) }
  }

  mutating func cancel(_ timer: TimerID, of id: GuestID) -> Bool {
    seat(of: id.number).flatMap { seats[$0]?.timers.cancel(timer) } ?? false
  }

  /// Hands over what waits for the guest of one seat; `nil` when nothing does.
  mutating func takeDue(
    seat: Int,
    at now: MonotonicInstant
  ) -> (guest: any LoopGuest, events: [ReadyEvent], timers: [TimerID])? {
    guard let guest = guest(inSeat: seat) else { return nil }
    var events: [ReadyEvent] = []
    var due: [TimerID] = []
    if let waiting = seats[seat]?.events, !waiting.isEmpty {
      events = waiting
      seats[seat]?.events.removeAll()
    }
    seats[seat]?.timers.takeDue(at: now, into: &due)
    return events.isEmpty && due.isEmpty ? nil : (guest, events, due)
  }

  /// Seats, taken or free.
  var seatCount: Int { seats.count }

  func guest(inSeat seat: Int) -> (any LoopGuest)? {
    seats.indices.contains(seat) ? seats[seat]?.guest : nil
  }

  /// Where a guest sits; `nil` when it has left.
  private func seat(of number: UInt16) -> Int? {
    let seat = Int(number) - 1
    return guest(inSeat: seat) == nil ? nil : seat
  }
}
