// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Which element of an interval a throttle lets through.
public enum ThrottleKeeping: Hashable, Sendable {
  /// The first, at once; what follows within the interval is dropped.
  case first
  /// The newest, when the interval ends.
  case latest
  /// The first at once and the newest when the interval ends, if it is another.
  case both
}

/// Emits at most one element per key and interval.
///
/// An interval begins with an element that finds none running; with `.latest` and `.both` an element
/// that is given out at its end begins the next. What is held is given out when the flow ends.
public struct Throttle<Element: Sendable, Key: Hashable & Sendable>: Operator {
  @usableFromInline
  struct Interval: Sendable {
    @usableFromInline let key: Key
    @usableFromInline let end: Timestamp
    @usableFromInline var held: Element?

    @usableFromInline
    init(key: Key, end: Timestamp, held: Element?) {
      self.key = key
      self.end = end
      self.held = held
    }
  }

  @usableFromInline let milliseconds: Int64
  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let keeping: ThrottleKeeping
  /// The running intervals in the order of their ends: all are equally long.
  @usableFromInline var intervals: [Interval] = []
  /// Intervals at the front that are over.
  @usableFromInline var over = 0
  /// The number of each key's interval, counted from the first there ever was.
  @usableFromInline var numbers: [Key: Int] = [:]
  @usableFromInline var removed = 0
  @usableFromInline var conflated: UInt64 = 0
  @usableFromInline var isFinishing = false

  /// Makes the operator; `interval` is at least a millisecond.
  public init(
    for interval: Duration,
    by key: @escaping @Sendable (Element) -> Key,
    keeping: ThrottleKeeping
  ) {
    precondition(interval.wholeMilliseconds >= 1, "a throttle's interval is at least 1 ms")
    milliseconds = interval.wholeMilliseconds
    self.key = key
    self.keeping = keeping
  }

  /// True: several keys may give out an element at one instant.
  @inlinable public static var expands: Bool { true }

  /// Begins an interval, or holds or drops the element within one.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    let key = key(element)
    if let number = numbers[key] {
      hold(element, in: number - removed)
    } else {
      let held = keeping == .latest ? element : nil
      begin(Interval(key: key, end: now.advanced(byMilliseconds: milliseconds), held: held))
      if keeping != .latest { emit(element) }
    }
  }

  @inlinable
  mutating func hold(_ element: Element, in index: Int) {
    if keeping == .first || intervals[index].held != nil { conflated += 1 }
    if keeping != .first { intervals[index].held = element }
  }

  @inlinable
  mutating func begin(_ interval: Interval) {
    numbers[interval.key] = removed + intervals.count
    intervals.append(interval)
  }

  /// The end of the interval that ends first.
  @inlinable public var deadline: Timestamp {
    over < intervals.count ? intervals[over].end : .never
  }

  @usableFromInline var fired = Timestamp.distantPast

  /// Ends the intervals that are over; ``resume(at:room:_:)`` gives out what they hold.
  public mutating func fire(at now: Timestamp, _ emit: (Element) -> Void) {
    fired = now
  }

  /// Ends all intervals; ``resume(at:room:_:)`` gives out what they hold.
  public mutating func finish(at now: Timestamp, _ emit: (Element) -> Void) {
    isFinishing = true
  }

  /// Whether an interval that is over was not given out yet.
  @inlinable
  public var isPending: Bool {
    over < intervals.count && (isFinishing || intervals[over].end <= fired)
  }

  /// Gives out what ended intervals hold, in the order of their ends.
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Element) -> Void) {
    var left = room
    while left > 0, isPending {
      let interval = intervals[over]
      intervals[over].held = nil
      over += 1
      numbers[interval.key] = nil
      if let held = interval.held {
        emit(held)
        left -= 1
        if !isFinishing {
          begin(
            Interval(
              key: interval.key,
              end: interval.end.advanced(byMilliseconds: milliseconds),
              held: nil
            )
          )
        }
      }
      dropOver()
    }
  }

  /// Gives the memory of intervals that are over back, now and then.
  private mutating func dropOver() {
    guard over == intervals.count || over >= 1_024 else { return }
    intervals.removeFirst(over)
    removed += over
    over = 0
  }

  /// The stage `throttle`: elements `conflated`, `keys` with a running interval.
  public var stages: [StageStatistics] {
    [StageStatistics("throttle", ["conflated": conflated, "keys": UInt64(numbers.count)])]
  }
}

/// The key of a flow that is not divided by any.
public struct NoKey: Hashable, Sendable {
  /// Makes the only value there is.
  @inlinable public init() {}
}

extension Flow {
  /// At most one element per `interval`; the newest is never lost.
  ///
  /// ```swift
  /// let calm = loads.throttle(for: .milliseconds(500), keeping: .both)
  /// ```
  ///
  /// - Parameters:
  ///   - interval: How long an interval is, at least a millisecond.
  ///   - keeping: Which element of an interval is let through. Default: the newest, at its end.
  /// - Returns: The flow.
  public func throttle(
    for interval: Duration,
    keeping: ThrottleKeeping = .latest
  ) -> Flow<Fused<Chain, Throttle<Chain.Output, NoKey>>> {
    apply(Throttle(for: interval, by: { _ in NoKey() }, keeping: keeping))
  }

  /// At most one element per key and `interval`; the newest of a key is never lost.
  ///
  /// - Parameters:
  ///   - interval: How long an interval is, at least a millisecond.
  ///   - key: What the elements are divided by; only keys with a running interval take memory.
  ///   - keeping: Which element of an interval is let through. Default: the newest, at its end.
  /// - Returns: The flow.
  public func throttle<Key: Hashable & Sendable>(
    for interval: Duration,
    by key: @escaping @Sendable (Chain.Output) -> Key,
    keeping: ThrottleKeeping = .latest
  ) -> Flow<Fused<Chain, Throttle<Chain.Output, Key>>> {
    apply(Throttle(for: interval, by: key, keeping: keeping))
  }
}
