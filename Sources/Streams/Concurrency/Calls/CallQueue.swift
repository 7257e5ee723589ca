// SPDX-License-Identifier: Apache-2.0

/// Where calls stand whose outcomes are to be handed out, with the marks between them.
///
/// In order, each outcome takes the place of its own element. Out of order it takes the first place
/// that is free between the same two marks: so no outcome crosses a mark, either way.
struct CallQueue<Output: Sendable>: Sendable {
  /// A call that was let in.
  struct Ticket: Sendable {
    /// Its number among all places.
    let place: UInt64
    /// The number of the first place after the last mark.
    let segment: UInt64
    let appended: Timestamp
  }

  private enum Place: Sendable {
    case open(Timestamp)
    case settled(CallOutcome<Output>, Timestamp)
    case item(Batch<CallOutcome<Output>>.Item)
  }

  let isOrdered: Bool
  private var places: [Place] = []
  /// How many places at the front were handed out.
  private var gone = 0
  /// The number of the first place in `places`.
  private var base: UInt64 = 0
  private var segment: UInt64 = 0
  /// The next free place of each segment with calls that are open, out of order.
  private var free: [(segment: UInt64, place: UInt64)] = []
  private var builder = RunBuilder<CallOutcome<Output>>()

  init(isOrdered: Bool) {
    self.isOrdered = isOrdered
  }

  /// The number of calls and marks that were not handed out.
  var count: Int { places.count - gone }

  /// Whether something can be handed out.
  var isReady: Bool {
    guard count > 0 else { return false }
    if case .open = places[gone] { return false }
    return true
  }

  /// Nothing will be handed out that is earlier than this; `nil` if nothing is here.
  var earliest: Timestamp? {
    guard count > 0 else { return nil }
    switch places[gone] {
    case .open(let instant), .settled(_, let instant), .item(.mark(_, let instant)):
      return max(instant, builder.newest)
    case .item: return builder.newest
    }
  }

  /// Gives a call its place.
  mutating func admit(at appended: Timestamp) -> Ticket {
    let ticket = Ticket(place: base + UInt64(places.count), segment: segment, appended: appended)
    places.append(.open(appended))
    if !isOrdered, free.last?.segment != segment { free.append((segment, ticket.place)) }
    return ticket
  }

  /// Gives a mark or a gap its place.
  mutating func admit(_ item: Batch<CallOutcome<Output>>.Item) {
    places.append(.item(item))
    segment = base + UInt64(places.count)
  }

  /// Takes the outcome of a call, once.
  mutating func settle(_ ticket: Ticket, _ outcome: CallOutcome<Output>) {
    var place = ticket.place
    if !isOrdered {
      let index = free.partitioningIndex { $0.segment >= ticket.segment }
      place = free[index].place
      free[index].place += 1
    }
    places[Int(place - base)] = .settled(outcome, ticket.appended)
  }

  /// Hands out what is ready, at most `limit` outcomes.
  mutating func take(limit: Int, into items: inout [Batch<CallOutcome<Output>>.Item]) {
    while builder.count < limit, count > 0 {
      switch places[gone] {
      case .open:
        builder.flush(into: &items)
        return compact()
      case .settled(let outcome, let appended): builder.append(outcome, at: appended)
      case .item(let item): builder.flush(then: item, into: &items)
      }
      places[gone] = .open(.distantPast)
      gone += 1
    }
    builder.flush(into: &items)
    compact()
  }

  /// Gives memory back, many places at once.
  private mutating func compact() {
    guard gone > 0, gone * 2 >= places.count else { return }
    places.removeFirst(gone)
    base += UInt64(gone)
    gone = 0
    while free.count > 1, free[1].segment <= base { free.removeFirst() }
  }
}
