// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Gathers what two inputs have in each window and key, by event time.
///
/// A window is given out when the watermark reaches its end, once; windows in the order of their
/// ends, the keys of a window in the order in which they came. An element none of whose windows is
/// still open is late: it is counted and dropped, as is one whose time is so far from the epoch that
/// a window around it can't be told in milliseconds.
public struct WindowGrouping<Left: Sendable, Right: Sendable, Key: Hashable & Sendable>: Operator {
  /// What comes out.
  public typealias Output = WindowGroup<Key, Left, Right>

  @usableFromInline
  struct Window: Sendable {
    @usableFromInline let end: Int64
    @usableFromInline var keys: [Key] = []
    @usableFromInline var left: [[Left]] = []
    @usableFromInline var right: [[Right]] = []
    @usableFromInline var indices: [Key: Int] = [:]

    @usableFromInline
    init(end: Int64) {
      self.end = end
    }

    @inlinable
    mutating func index(of key: Key) -> Int {
      if let index = indices[key] { return index }
      indices[key] = keys.count
      keys.append(key)
      left.append([])
      right.append([])
      return keys.count - 1
    }
  }

  @usableFromInline let windows: AlignedWindows
  @usableFromInline let leftKey: @Sendable (Left) -> Key
  @usableFromInline let rightKey: @Sendable (Right) -> Key
  @usableFromInline let leftTime: @Sendable (Left) -> Timestamp
  @usableFromInline let rightTime: @Sendable (Right) -> Timestamp
  @usableFromInline let limit: Int
  /// The open windows by their ends.
  @usableFromInline var open: [Window] = []
  /// Keys of the first window that were given out.
  @usableFromInline var given = 0
  @usableFromInline var watermark = Int64.min
  /// Elements in open windows, counted once for each.
  @usableFromInline var held = 0
  @usableFromInline var late: UInt64 = 0
  @usableFromInline var dropped: UInt64 = 0

  /// Makes the operator; see ``Streams/Flow/group(with:on:equals:in:at:_:limit:)``.
  public init(
    _ windows: AlignedWindows,
    on leftKey: @escaping @Sendable (Left) -> Key,
    equals rightKey: @escaping @Sendable (Right) -> Key,
    at leftTime: @escaping @Sendable (Left) -> Timestamp,
    _ rightTime: @escaping @Sendable (Right) -> Timestamp,
    limit: Int
  ) {
    precondition(limit >= 1, "a window holds at least one element")
    self.windows = windows
    self.leftKey = leftKey
    self.rightKey = rightKey
    self.leftTime = leftTime
    self.rightTime = rightTime
    self.limit = limit
  }

  /// True: a window gives out a group per key.
  @inlinable public static var expands: Bool { true }

  /// Adds the element to its windows.
  @inlinable
  public mutating func receive(
    _ element: Either<Left, Right>,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    switch element {
    case .left(let element):
      let time = leftTime(element).milliseconds
      guard isWelcome(time) else { return }
      let key = leftKey(element)
      eachWindow(around: time) { $0.left[$0.index(of: key)].append(element) }
    case .right(let element):
      let time = rightTime(element).milliseconds
      guard isWelcome(time) else { return }
      let key = rightKey(element)
      eachWindow(around: time) { $0.right[$0.index(of: key)].append(element) }
    }
  }

  /// Whether an element of that time has an open window and finds room in it.
  @inlinable
  mutating func isWelcome(_ time: Int64) -> Bool {
    guard windows.hold(time), watermark == .min || watermark < windows.lastEnd(holding: time) else {
      late += 1
      return false
    }
    if held >= limit {
      dropped += 1
      return false
    }
    return true
  }

  /// Goes through the open windows around a time.
  @inlinable
  mutating func eachWindow(around time: Int64, _ body: (inout Window) -> Void) {
    var end = windows.firstEnd(after: time)
    if end <= watermark { end = windows.firstEnd(after: watermark) }
    let last = windows.lastEnd(holding: time)
    while end <= last {
      body(&open[place(of: end)])
      held += 1
      end = end.addingClamped(windows.every)
    }
  }

  /// The place of a window among the open ones; it is opened if it was not.
  @inlinable
  mutating func place(of end: Int64) -> Int {
    if let last = open.last, last.end == end { return open.count - 1 }
    var place = open.count
    while place > 0, open[place - 1].end >= end { place -= 1 }
    if place == open.count || open[place].end != end { open.insert(Window(end: end), at: place) }
    return place
  }

  /// The next watermark that ends a window, or that makes elements late.
  @inlinable public var nextWatermark: Timestamp {
    guard watermark != .min else { return .distantPast }
    return Timestamp(milliseconds: windows.firstEnd(after: watermark))
  }

  /// Takes the watermark; the windows that it ends are given out by ``resume(at:room:_:)``.
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    self.watermark = watermark.milliseconds
  }

  /// The end of the last open window.
  @inlinable public var latestEnd: Timestamp {
    open.last.map { Timestamp(milliseconds: $0.end) } ?? .distantPast
  }

  /// Whether a window that has ended was not given out yet.
  @inlinable public var isPending: Bool {
    guard let first = open.first else { return false }
    return first.end <= watermark
  }

  /// Gives out the groups of the windows that have ended.
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    var left = room
    while left > 0, isPending {
      emit(nextGroup())
      left -= 1
    }
  }

  private mutating func nextGroup() -> Output {
    let window = open[0]
    let group = WindowGroup(
      start: Timestamp(milliseconds: window.end.subtractingClamped(windows.size)),
      end: Timestamp(milliseconds: window.end),
      key: window.keys[given],
      left: window.left[given],
      right: window.right[given]
    )
    held -= group.left.count + group.right.count
    given += 1
    if given == window.keys.count {
      open.removeFirst()
      given = 0
    }
    return group
  }

  /// The stage `group`: `late` elements, those `dropped` since there was no room, and those that are
  /// `held` now.
  public var stages: [StageStatistics] {
    [StageStatistics("group", ["late": late, "dropped": dropped, "held": UInt64(held)])]
  }
}
