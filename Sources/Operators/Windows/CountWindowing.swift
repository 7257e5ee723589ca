// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Aggregates every so many elements of a key.
///
/// A window begins with the first element of its key and with each `every`th after it, and fires once,
/// when it has all its elements, or fewer when the flow ends. Its start is the least time of its
/// elements, its end a millisecond behind the greatest, by event time or by the instants at which
/// entries were appended. Time decides nothing, so nothing is late.
///
/// It holds one aggregate for each key with a window that is not full, or one for each pane of it where
/// windows overlap; a key without is forgotten. The number of keys is bounded, a million by default.
/// O(1) for each element. At the end keys come in the order in which they became known.
public struct CountWindowing<Element: Sendable, Key: Hashable & Sendable, Value: Aggregate>:
  Operator
where Value.Input == Element {
  /// What comes out.
  public typealias Output = WindowResult<Key, Value.Result>

  /// What is kept of a key.
  @usableFromInline
  struct Record: Sendable {
    /// The number of elements so far, less those of windows that are over.
    @usableFromInline var count = 0
    @usableFromInline var stack: PaneStack<SpannedAggregate<Value>>

    @inlinable
    init(_ empty: SpannedAggregate<Value>) {
      stack = PaneStack(empty)
    }
  }

  @usableFromInline let windows: CountWindows
  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let time: (@Sendable (Element) -> Timestamp)?
  @usableFromInline let options: WindowOptions
  @usableFromInline let empty: SpannedAggregate<Value>
  @usableFromInline var ledger: WindowLedger<Element>
  @usableFromInline var records = KeyTable<Key, Record>()
  @usableFromInline var leaving: [LeavingWindow<Key, Value>] = []
  /// While the end is told: what is given out next.
  @usableFromInline var ending: Ending?

  /// A key that is given out at the end, and the first of its windows that was not.
  @usableFromInline
  struct Ending: Sendable {
    @usableFromInline var place: Int
    @usableFromInline var start: Int

    @inlinable
    init(place: Int, start: Int = 0) {
      (self.place, self.start) = (place, start)
    }
  }

  @usableFromInline
  init(
    _ windows: CountWindows,
    by key: @escaping @Sendable (Element) -> Key,
    at time: (@Sendable (Element) -> Timestamp)?,
    options: WindowOptions,
    aggregate: Value
  ) {
    self.windows = windows
    self.key = key
    self.time = time
    self.options = options
    empty = SpannedAggregate(aggregate)
    ledger = WindowLedger(nil)
  }

  /// True: at the end many windows may be open.
  @inlinable public static var expands: Bool { true }

  /// Adds the element to the windows of its key; emits that which is full.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Output) -> Void) {
    let key = key(element)
    guard let place = records.find(key) ?? insert(key) else {
      ledger.rejected += 1
      return
    }
    let instant = if let time { time(element) } else { now }
    add(element, instant.milliseconds, to: place)
    let count = records.entries[place].value.count
    guard count >= windows.size, (count - windows.size) % windows.every == 0 else { return }
    emit(close(place, key))
  }

  @inlinable
  mutating func insert(_ key: Key) -> Int? {
    if records.count >= options.limit {
      if options.overflow == .rejectNewest { return nil }
      evictOldest()
      _ = records.find(key)
    }
    return records.insert(key, Record(empty))
  }

  @inlinable
  mutating func add(_ element: Element, _ time: Int64, to place: Int) {
    let count = records.entries[place].value.count
    records.noteChange(at: place)
    records.entries[place].value.count = count + 1
    if windows.isTumbling { return records.entries[place].value.stack.lone.add((element, time)) }
    let start = Int64(count - count % windows.pane)
    if !records.entries[place].value.stack.add((element, time), inPane: start) {
      var value = empty
      value.add((element, time))
      records.entries[place].value.stack.open(start, value)
    }
  }

  /// The window that is full; forgets what no other needs.
  @inlinable
  mutating func close(_ place: Int, _ key: Key) -> Output {
    ledger.fired += 1
    if windows.isTumbling {
      let value = records.entries[place].value.stack.lone
      records.entries[place].value = Record(empty)
      records.remove(at: place)
      records.compactIfDue()
      return result(key, value, isFinal: true)
    }
    let end = Int64(records.entries[place].value.count)
    let start = end - Int64(windows.size)
    let value = records.entries[place].value.stack.value(from: start, to: end) ?? empty
    _ = records.entries[place].value.stack.prune(before: start)
    return result(key, value, isFinal: true)
  }

  @inlinable
  func result(_ key: Key, _ value: SpannedAggregate<Value>, isFinal: Bool) -> Output {
    WindowResult(
      start: Timestamp(milliseconds: value.first),
      end: Timestamp(milliseconds: value.last).advanced(byMilliseconds: 1),
      key: key,
      value: value.result,
      isFinal: isFinal
    )
  }

  /// Begins to give out what is not full.
  @inlinable
  public mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (Output) -> Void
  ) {
    if watermark == .never, records.count > 0 { ending = Ending(place: 0) }
  }

  /// Whether windows wait to be given out.
  @inlinable public var isPending: Bool {
    if case .some = ending { true } else { !leaving.isEmpty }
  }

  /// Gives out windows that left early, and at the end those that are not full.
  @inlinable
  public mutating func resume(at now: Timestamp, room: Int, _ emit: (Output) -> Void) {
    var left = room
    while left > 0, isPending {
      if !leaving.isEmpty {
        ledger.fired += 1
        left -= 1
        emit(leaving.removeFirst().result)
      } else if let ending, let last = endNext(ending) {
        left -= 1
        emit(last)
      }
    }
  }

  /// The stage `count window`: elements `rejected`, keys `evicted`, results `fired`, keys `open`.
  public var stages: [StageStatistics] {
    let open = records.count
    return ledger.stage("count window", open: open, waiting: open, panes: open)
  }
}
