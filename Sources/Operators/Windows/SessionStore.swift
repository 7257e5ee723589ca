// SPDX-License-Identifier: Apache-2.0
public import Streams

/// One session of one key.
@usableFromInline
struct Session<Key: Hashable & Sendable, Value: Aggregate>: Sendable {
  @usableFromInline let key: Key
  @usableFromInline let hash: UInt32
  /// Counted over all sessions in the order in which they opened.
  @usableFromInline let number: UInt64
  @usableFromInline var start: Int64
  @usableFromInline var end: Int64
  @usableFromInline var slot: WindowSlot<Value>
  /// Where the next session of the key stands; negative if there is none.
  @usableFromInline var next = -1
  @usableFromInline var isLive = true
  /// Whether it has fired at its end, or that was passed when it got there.
  @usableFromInline var isPast = false
  /// The timer that counts; others of this session are void.
  @usableFromInline var timer = Int64.max
  /// The window of its last firing, if it is still the same.
  @usableFromInline var hasTold = false
  /// Windows that have fired and are parts of this one, which was not told yet.
  @usableFromInline var replaced: [Range<Int64>] = []

  @inlinable
  init(key: Key, hash: UInt32, number: UInt64, start: Int64, end: Int64, value: Value) {
    self.key = key
    self.hash = hash
    self.number = number
    self.start = start
    self.end = end
    slot = WindowSlot(value)
  }

  /// The most windows of which a firing says one by one that they are replaced.
  @inlinable static var replacedLimit: Int { 64 }

  /// Lets the window reach further; what was told of it is replaced.
  @inlinable
  mutating func grow(from start: Int64, to end: Int64) {
    guard start < self.start || end > self.end else { return }
    if hasTold { replace([self.start..<self.end]) }
    hasTold = false
    self.start = min(start, self.start)
    self.end = max(end, self.end)
  }

  /// Takes in windows that are replaced; beyond the limit, the first ones are told as one.
  @usableFromInline
  mutating func replace(_ others: [Range<Int64>]) {
    replaced += others
    replaced.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
    while replaced.count > Self.replacedLimit {
      let second = replaced.remove(at: 1)
      replaced[0] = replaced[0].lowerBound..<max(replaced[0].upperBound, second.upperBound)
    }
  }
}

/// All open sessions, each found by its key and by its place.
@usableFromInline
struct SessionStore<Key: Hashable & Sendable, Value: Aggregate>: Sendable, TrackedTable {
  @usableFromInline var sessions: [Session<Key, Value>] = []
  @usableFromInline var free: [Int] = []
  /// By the hash of the key, its newest session.
  @usableFromInline var index = HashIndex()
  @usableFromInline let seed: UInt64
  @usableFromInline var opened: UInt64 = 0
  /// By their numbers.
  @usableFromInline var tracker: TableTracker<UInt64>?

  @usableFromInline
  init() {
    seed = hashSeed
  }

  @inlinable var count: Int { sessions.count - free.count }

  /// The newest session of a key; negative if there is none.
  @inlinable
  func newest(of key: Key, _ hash: UInt32) -> Int {
    index.find(hash) { sessions[$0].key == key } ?? -1
  }

  /// Opens a session; `newest` is that of its key so far.
  @inlinable
  mutating func open(
    _ key: Key,
    _ hash: UInt32,
    _ start: Int64,
    _ end: Int64,
    _ value: Value,
    before newest: Int
  ) -> Int {
    var session = Session(
      key: key,
      hash: hash,
      number: opened,
      start: start,
      end: end,
      value: value
    )
    session.next = newest
    opened &+= 1
    return put(session)
  }

  /// Puts a session before those of its key.
  @inlinable
  mutating func put(_ session: Session<Key, Value>) -> Int {
    let place = free.popLast() ?? sessions.count
    if place == sessions.count { sessions.append(session) } else { sessions[place] = session }
    noteChange(at: place)
    if session.next < 0 {
      index.insert(session.hash, at: place)
    } else {
      index.move(session.hash, from: session.next, to: place)
    }
    return place
  }

  /// Forgets a session.
  @inlinable
  mutating func remove(at place: Int, empty: Value) {
    let (hash, next) = (sessions[place].hash, sessions[place].next)
    let newest = newest(of: sessions[place].key, hash)
    if newest != place {
      var before = newest
      while sessions[before].next != place { before = sessions[before].next }
      sessions[before].next = next
    } else if next < 0 {
      index.remove(hash, at: place)
    } else {
      index.move(hash, from: place, to: next)
    }
    if tracker != nil { trackRemoval(of: sessions[place].number) }
    sessions[place].isLive = false
    sessions[place].slot = WindowSlot(empty)
    sessions[place].replaced = []
    free.append(place)
  }
}
