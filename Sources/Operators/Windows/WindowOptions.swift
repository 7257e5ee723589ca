// SPDX-License-Identifier: Apache-2.0
public import Streams

/// When a window fires before the watermark has reached its end.
public enum EarlyFiring: Hashable, Sendable {
  /// After each so many elements of one key since it last fired; at least one.
  case count(Int)
  /// At each multiple of this duration since the epoch, by `appended`, if something is new since it
  /// last fired; at least a millisecond.
  case every(Duration)
}

/// When a window fires again after the watermark has reached its end.
public enum LateFiring: Hashable, Sendable {
  /// For each element.
  case each
  /// After each so many elements of one key, and when it closes for those that are left.
  case count(Int)
}

/// Whether a window fires when it closes: when the watermark has passed its end by the lateness.
public enum ClosingFiring: Hashable, Sendable {
  /// Only if it holds something that it has not told.
  case news
  /// Always: its last firing is one with ``WindowResult/isFinal``, even if it tells nothing new.
  case always
}

/// What happens to an element that would need an aggregate more than there may be.
public enum WindowOverflow: Hashable, Sendable {
  /// It is dropped, counted as `rejected`.
  case rejectNewest
  /// The oldest aggregate makes room, counted as `evicted`: it fires early if it holds something that
  /// was not told. Should its key and window come again, they begin anew, with revision 0.
  case evictOldest
}

/// How windows fire and what they keep.
@usableFromInline
struct WindowOptions: Sendable {
  /// In milliseconds.
  @usableFromInline var lateness: Int64 = 0
  @usableFromInline var earlyCount: UInt32?
  /// In milliseconds.
  @usableFromInline var earlyEvery: Int64?
  @usableFromInline var lateCount: UInt32 = 1
  @usableFromInline var isDiscarding = false
  @usableFromInline var closing = ClosingFiring.news
  @usableFromInline var firesEmpty = false
  @usableFromInline var keepsTotal = false
  @usableFromInline var limit = 1_000_000
  @usableFromInline var overflow = WindowOverflow.rejectNewest

  @usableFromInline
  init(lateness: Duration = .zero) {
    precondition(lateness >= .zero, "lateness is not negative")
    self.lateness = lateness.wholeMilliseconds
  }

  /// Whether each open window must be told by itself what an element does to it.
  @usableFromInline var isTriggered: Bool {
    earlyCount != nil || earlyEvery != nil || lateCount != 1 || isDiscarding
      || closing == .always || firesEmpty
  }

  @usableFromInline
  mutating func setEarly(_ early: EarlyFiring?) {
    earlyCount = nil
    earlyEvery = nil
    switch early {
    case nil: break
    case .count(let count): earlyCount = Self.positive(count)
    case .every(let interval):
      precondition(interval.wholeMilliseconds >= 1, "an interval is at least 1 ms")
      earlyEvery = interval.wholeMilliseconds
    }
  }

  @usableFromInline
  mutating func setLate(_ late: LateFiring) {
    switch late {
    case .each: lateCount = 1
    case .count(let count): lateCount = Self.positive(count)
    }
  }

  private static func positive(_ count: Int) -> UInt32 {
    precondition(count >= 1 && count <= Int(Int32.max), "a window fires after one element or more")
    return UInt32(count)
  }

  /// The next tick of the clock by which windows fire early.
  @inlinable
  func tick(after now: Timestamp) -> Timestamp {
    guard let every = earlyEvery else { return .never }
    var remainder = now.milliseconds % every
    if remainder < 0 { remainder += every }
    return now.advanced(byMilliseconds: 0 &- remainder).advanced(byMilliseconds: every)
  }
}

/// What a window operator has counted, and where elements go that are late.
@usableFromInline
struct WindowLedger<Element: Sendable>: Sendable {
  @usableFromInline var late: UInt64 = 0
  @usableFromInline var fired: UInt64 = 0
  @usableFromInline var rejected: UInt64 = 0
  @usableFromInline var evicted: UInt64 = 0
  @usableFromInline var sides: SideOutput<Element>?

  @usableFromInline
  init(_ sides: SideOutput<Element>?) {
    self.sides = sides
  }

  @usableFromInline
  mutating func noteLate(_ element: Element) {
    late += 1
    sides?.append(element)
  }

  @inlinable var hasSideWrites: Bool { sides.map { !$0.isEmpty } ?? false }

  /// The counters of a stage.
  @usableFromInline
  func stage(_ name: String, open: Int, waiting: Int, panes: Int) -> [StageStatistics] {
    [
      StageStatistics(
        name,
        [
          "late": late, "fired": fired, "rejected": rejected, "evicted": evicted,
          "open": UInt64(open), "waiting": UInt64(waiting), "panes": UInt64(panes),
        ]
      )
    ]
  }
}
