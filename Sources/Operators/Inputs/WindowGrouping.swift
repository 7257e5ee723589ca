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

  /// Where what a key has in a window stands.
  @usableFromInline
  struct Sides: Sendable {
    @usableFromInline var left = LinkedColumn<Left>.Chain()
    @usableFromInline var right = LinkedColumn<Right>.Chain()

    @inlinable init() {}
  }

  @usableFromInline
  struct Window: Sendable {
    @usableFromInline let end: Int64
    @usableFromInline var groups = KeyTable<Key, Sides>()
    @usableFromInline var lefts = LinkedColumn<Left>()
    @usableFromInline var rights = LinkedColumn<Right>()

    @inlinable
    init(end: Int64) {
      self.end = end
    }

    /// The place of a key's group, which is made if it was not there.
    @inlinable
    mutating func place(of key: Key) -> Int {
      groups.find(key) ?? groups.insert(key, Sides())
    }

    @inlinable
    mutating func add(left element: Left, of key: Key) {
      lefts.append(element, to: &groups.entries[place(of: key)].value.left)
    }

    @inlinable
    mutating func add(right element: Right, of key: Key) {
      rights.append(element, to: &groups.entries[place(of: key)].value.right)
    }

    /// What the key at a place has.
    @inlinable
    func group(at place: Int, from start: Int64) -> Output {
      let entry = groups.entries[place]
      return WindowGroup(
        start: Timestamp(milliseconds: start),
        end: Timestamp(milliseconds: end),
        key: entry.key,
        left: lefts.elements(of: entry.value.left),
        right: rights.elements(of: entry.value.right)
      )
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
    // Places are told in 32 bits.
    self.limit = min(limit, Int(Int32.max))
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
      eachWindow(around: time) { $0.add(left: element, of: key) }
    case .right(let element):
      let time = rightTime(element).milliseconds
      guard isWelcome(time) else { return }
      let key = rightKey(element)
      eachWindow(around: time) { $0.add(right: element, of: key) }
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
  @inlinable
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
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    var left = room
    while left > 0, isPending {
      emit(nextGroup())
      left -= 1
    }
  }

  @inlinable
  mutating func nextGroup() -> Output {
    let group = open[0].group(at: given, from: open[0].end.subtractingClamped(windows.size))
    held -= group.left.count + group.right.count
    given += 1
    if given == open[0].groups.count {
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
