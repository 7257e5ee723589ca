// SPDX-License-Identifier: Apache-2.0

/// Timers by their time, those of one time by the number of what they are for.
@usableFromInline
struct TimerHeap: Sendable {
  @usableFromInline
  struct Timer: Sendable {
    @usableFromInline let time: Int64
    @usableFromInline let number: UInt64
    /// Where that stands which the timer is for.
    @usableFromInline let place: Int

    @inlinable
    init(time: Int64, number: UInt64, place: Int) {
      (self.time, self.number, self.place) = (time, number, place)
    }

    @inlinable
    func isBefore(_ other: Timer) -> Bool {
      time != other.time ? time < other.time : number < other.number
    }
  }

  @usableFromInline var timers: [Timer] = []

  @usableFromInline init() {}

  @inlinable var count: Int { timers.count }
  @inlinable var first: Timer? { timers.first }

  @inlinable
  mutating func insert(_ timer: Timer) {
    timers.append(timer)
    var at = timers.count - 1
    while at > 0 {
      let parent = (at - 1) / 2
      guard timers[at].isBefore(timers[parent]) else { return }
      timers.swapAt(at, parent)
      at = parent
    }
  }

  @inlinable
  mutating func removeFirst() {
    timers.swapAt(0, timers.count - 1)
    timers.removeLast()
    var at = 0
    while 2 * at + 1 < timers.count {
      var child = 2 * at + 1
      if child + 1 < timers.count, timers[child + 1].isBefore(timers[child]) { child += 1 }
      guard timers[child].isBefore(timers[at]) else { return }
      timers.swapAt(at, child)
      at = child
    }
  }

  /// Keeps only the timers for which `isMeant` holds.
  @inlinable
  mutating func filter(_ isMeant: (Timer) -> Bool) {
    let kept = timers.filter(isMeant)
    timers.removeAll(keepingCapacity: true)
    for timer in kept { insert(timer) }
  }
}
