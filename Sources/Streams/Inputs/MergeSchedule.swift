// SPDX-License-Identifier: Apache-2.0

/// Decides what of several inputs comes next, in the order of (instant, number of the input).
///
/// A value without elements: so the compiler knows all of it, whatever the inputs hold.
struct MergeSchedule {
  /// What is known of an input.
  struct Lane {
    /// When what comes next happens.
    ///
    /// `.never` while that is not known; a gap comes at once.
    var instant = Timestamp.never
    /// Nothing happens at or before this instant but what is known.
    var silentThrough = Timestamp.distantPast
    /// When its newest entry or mark was appended, or its silence began.
    var heard = Timestamp.distantPast
    /// After how many milliseconds of silence it is not waited for, if ever.
    var idleAfter: Int64?
    /// Whether the watermark does not wait for it.
    var isIdle = false
    /// Whether its end was told.
    var isOver = false

    /// Whether something is known to come next, be it the end.
    var isKnown: Bool { instant < .never }

    /// When it is waited for no longer, if it says nothing until then.
    var idleInstant: Timestamp {
      guard let idleAfter, !isIdle, heard > .distantPast else { return .never }
      return heard.advanced(byMilliseconds: idleAfter)
    }
  }

  /// Something that happens.
  enum Event {
    /// What an input says, or its end.
    case row(of: Int)
    /// An input is not waited for any longer.
    case idle(Int)
    /// Nothing at or before the instant that was asked for.
    case silence
  }

  var lanes: [Lane]
  /// The instant of what was taken last.
  private(set) var now = Timestamp.distantPast

  /// The last instant at which something can happen.
  static var lastMoment: Timestamp { Timestamp.never.advanced(byMilliseconds: -1) }

  /// Whether all inputs have come to their ends.
  var isOver: Bool { lanes.allSatisfy(\.isOver) }

  /// The earliest thing that is known to happen, and when; `nil` if nothing is known.
  func next(before deadline: Timestamp) -> (Event, Timestamp)? {
    var (event, instant) = (Event.silence, Timestamp.never)
    for index in lanes.indices where lanes[index].instant < instant {
      (event, instant) = (.row(of: index), lanes[index].instant)
    }
    for index in lanes.indices where lanes[index].idleInstant < instant {
      (event, instant) = (.idle(index), lanes[index].idleInstant)
    }
    if deadline < instant, !isOver { (event, instant) = (.silence, deadline) }
    return instant < .never ? (event, instant) : nil
  }

  /// Until when an input must be silent, so that an event comes before all that it says.
  ///
  /// Within an instant the inputs come in their order, then those that fall idle, then silence.
  func bound(of event: Event, at instant: Timestamp, for index: Int) -> Timestamp {
    if case .row(let own) = event, index > own { return instant.advanced(byMilliseconds: -1) }
    return instant
  }

  /// The last instant at which nothing else comes before what this input says.
  func lastInstant(of own: Int) -> Timestamp {
    var last = Self.lastMoment
    for index in lanes.indices where index != own {
      let lane = lanes[index]
      let silent = lane.isKnown ? lane.instant.advanced(byMilliseconds: -1) : lane.silentThrough
      last = min(last, index < own ? silent : silent.advanced(byMilliseconds: 1), lane.idleInstant)
    }
    return last
  }

  /// Moves on to an instant; the silence of all begins with the first.
  mutating func move(to instant: Timestamp) {
    guard instant > now else { return }
    if now == .distantPast {
      for index in lanes.indices { lanes[index].heard = instant }
    }
    now = instant
  }

  /// Goes on at an instant at which another had come.
  mutating func restore(now: Timestamp) { self.now = now }

  /// Says that an input has spoken.
  mutating func hear(_ index: Int) {
    lanes[index].heard = max(lanes[index].heard, lanes[index].instant)
  }

  /// Says that nothing comes of an input any more.
  mutating func end(_ index: Int) {
    lanes[index].instant = .never
    lanes[index].silentThrough = .never
    lanes[index].isOver = true
    lanes[index].isIdle = true
  }
}
