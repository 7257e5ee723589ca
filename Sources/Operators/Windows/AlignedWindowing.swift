// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Aggregates elements in windows on a grid, or in one window that holds all.
///
/// A window fires when the watermark reaches its end, and again for each element that comes after
/// that but before the watermark has passed the end by the lateness; other triggers may be asked for.
/// An element none of whose windows can fire any more is late: it is counted, and dropped or written
/// elsewhere; so is one whose time is so far from the epoch that a window around it can't be told in
/// milliseconds. Without event time the instant at which the entry was appended counts.
///
/// It holds an aggregate for each key and window; where windows overlap and have the usual triggers,
/// for each key and pane, and every element touches one, however many windows it is in. Each firing
/// then merges about three of them. The number of aggregates is bounded, a million by default.
///
/// Windows fire in the order of their ends, then those that close; the keys of a window in the order
/// in which they came, or became known where windows share panes. O(1) for each element and firing;
/// with triggers on windows that overlap, O(size / every) for each element.
public struct AlignedWindowing<Element: Sendable, Key: Hashable & Sendable, Value: Aggregate>:
  Operator
where Value.Input == Element {
  /// What comes out.
  public typealias Output = WindowResult<Key, Value.Result>

  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let time: (@Sendable (Element) -> Timestamp)?
  @usableFromInline let isShared: Bool
  @usableFromInline var slots: SlotWindowing<Element, Key, Value>
  @usableFromInline var shared: SharedWindowing<Element, Key, Value>

  @usableFromInline
  init(
    _ windows: AlignedWindows,
    by key: @escaping @Sendable (Element) -> Key,
    at time: (@Sendable (Element) -> Timestamp)?,
    options: WindowOptions,
    late: SideOutput<Element>?,
    aggregate: Value
  ) {
    isShared = windows.overlap && !windows.isGlobal && !options.isTriggered
    precondition(
      !options.keepsTotal || !options.isTriggered && !windows.isGlobal,
      "totals are told by windows that fire by the watermark alone"
    )
    self.key = key
    self.time = time
    let isClocked = time == nil
    slots = SlotWindowing(windows, options, isClocked: isClocked, late: late, aggregate: aggregate)
    shared = SharedWindowing(
      windows,
      options,
      isClocked: isClocked,
      late: late,
      aggregate: aggregate
    )
  }

  /// True: a window gives out one result per key.
  @inlinable public static var expands: Bool { true }

  /// Adds the element to its windows.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Output) -> Void) {
    let instant = if let time { time(element) } else { now }
    let key = key(element)
    if isShared {
      shared.receive(element, key: key, time: instant.milliseconds)
    } else {
      slots.receive(element, key: key, time: instant.milliseconds, at: now)
    }
  }

  /// Takes the watermark; the windows that it ends are given out by ``resume(at:room:_:)``.
  @inlinable
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    if isShared { shared.advance(to: watermark) } else { slots.advance(to: watermark) }
  }

  /// Takes the clock; the windows that it ends are given out by ``resume(at:room:_:)``.
  @inlinable
  public mutating func fire(at now: Timestamp, _ emit: (Output) -> Void) {
    if isShared { shared.fire(at: now) } else { slots.fire(at: now) }
  }

  /// The end of the next window by the clock, or when windows next fire early by it.
  @inlinable public var deadline: Timestamp { isShared ? shared.deadline : slots.deadline }

  /// The next watermark that fires a window or makes elements late.
  @inlinable public var nextWatermark: Timestamp {
    isShared ? shared.nextWatermark : slots.nextWatermark
  }

  /// The greatest end of a window that holds an element and has not fired.
  @inlinable public var latestEnd: Timestamp { isShared ? shared.latestEnd : slots.latestEnd }

  /// Whether a window that fires was not given out yet.
  @inlinable public var isPending: Bool { isShared ? shared.isPending : slots.isPending }

  /// Gives out the results of windows that fire.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    if isShared { shared.resume(room: room, emit) } else { slots.resume(room: room, emit) }
  }

  /// Whether late elements wait to be written.
  @inlinable public var hasSideWrites: Bool {
    isShared ? shared.ledger.hasSideWrites : slots.ledger.hasSideWrites
  }

  /// Hands over the late elements.
  @inlinable
  public mutating func takeSideWrites(_ take: (SideWrite) -> Void) {
    shared.ledger.sides?.takeWrites(take)
    slots.ledger.sides?.takeWrites(take)
  }

  /// Writes what is open, and what waits to be given out.
  public mutating func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section(section) { encoder throws(StateError) in
      if isShared { try shared.encode(into: &encoder) } else { try slots.encode(into: &encoder) }
    }
  }

  /// Reads what was open.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section(section) { decoder, _ throws(StateError) in
      if isShared {
        try shared.restore(from: &decoder)
      } else {
        try slots.restore(from: &decoder)
      }
    }
  }

  private var section: String { isShared ? "window in panes" : "window" }

  /// The stage `window`: elements that were `late` or `rejected`, aggregates `evicted`, results
  /// `fired`, aggregates `open` now, windows `waiting` for the watermark, `panes` kept.
  public var stages: [StageStatistics] { isShared ? shared.stages : slots.stages }
}

extension SlotWindowing {
  var stages: [StageStatistics] {
    let waiting = windows.reduce(0) { $0 + ($1.isPast ? 0 : 1) }
    return ledger.stage("window", open: entryCount, waiting: waiting, panes: windows.count)
  }
}

extension SharedWindowing {
  var stages: [StageStatistics] {
    ledger.stage("window", open: entryCount, waiting: waiting, panes: starts.count)
  }

  /// The windows from the next that fires to the last that holds something.
  private var waiting: Int {
    guard nextEnd != .max, let last = starts.last else { return 0 }
    let span = grid.lastEnd(holding: last).subtractingClamped(nextEnd)
    return span < 0 ? 0 : Int(span / grid.every) + 1
  }
}
