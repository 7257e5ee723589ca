// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A value for each key, in the order in which the keys came.
///
/// The order makes output a function of the input: a dictionary's own differs from run to run. A
/// place stays that of its key until ``compact()``.
@usableFromInline
struct KeyTable<Key: Hashable & Sendable, Value: Sendable>: Sendable, TrackedTable {
  @usableFromInline
  struct Entry: Sendable {
    @usableFromInline let key: Key
    @usableFromInline let hash: UInt32
    @usableFromInline var isLive = true
    @usableFromInline var value: Value

    @inlinable
    init(key: Key, hash: UInt32, value: Value) {
      (self.key, self.hash, self.value) = (key, hash, value)
    }
  }

  @usableFromInline var entries: [Entry] = []
  @usableFromInline var index = HashIndex()
  @usableFromInline let seed: UInt64
  /// The place that was asked for last: equal keys often follow each other.
  @usableFromInline var recent = 0
  /// Where the oldest key is looked for: all before it are forgotten.
  @usableFromInline var oldest = 0
  /// The hash of the key that was asked for last and is not here.
  @usableFromInline var missed: UInt32 = 0
  @usableFromInline var tracker: TableTracker<Key>?

  @usableFromInline
  init() {
    seed = hashSeed
  }

  /// The number of keys.
  @inlinable var count: Int { index.count }

  /// Makes room for that many keys, of which there are none yet.
  @inlinable
  mutating func reserve(_ number: Int) {
    guard number > 0 else { return }
    entries.reserveCapacity(number)
    index.reserve(number)
  }

  /// The place of a key that is here.
  @inlinable
  mutating func find(_ key: Key) -> Int? {
    if recent < entries.count, entries[recent].key == key, entries[recent].isLive { return recent }
    let hash = windowHash(key, seed: seed)
    guard let place = index.find(hash, where: { entries[$0].key == key }) else {
      missed = hash
      return nil
    }
    recent = place
    return place
  }

  /// Takes in a key that ``find(_:)`` has just not found; answers its place.
  @inlinable
  mutating func insert(_ key: Key, _ value: Value) -> Int {
    recent = entries.count
    index.insert(missed, at: recent)
    entries.append(Entry(key: key, hash: missed, value: value))
    noteChange(at: recent)
    return recent
  }

  /// The value of a key that is here.
  @inlinable
  mutating func value(of key: Key) -> Value? {
    find(key).map { entries[$0].value }
  }

  /// Forgets the key at `place`; the other places stay as they are.
  @inlinable
  mutating func remove(at place: Int) {
    entries[place].isLive = false
    index.remove(entries[place].hash, at: place)
    if tracker != nil { trackRemoval(of: entries[place].key) }
  }

  /// The place of the key that has been here longest, but for that at `kept`.
  @inlinable
  mutating func findOldest(butFor kept: Int? = nil) -> Int? {
    while oldest < entries.count, !entries[oldest].isLive { oldest += 1 }
    return entries[oldest...].indices.first { $0 != kept && entries[$0].isLive }
  }

  /// Gives the memory of forgotten keys back if they are most; places change.
  @inlinable
  mutating func compactIfDue() {
    if entries.count > 16, count * 2 < entries.count { compact() }
  }

  /// Gives the memory of forgotten keys back, to others that come here where it is little; places
  /// change.
  @usableFromInline
  mutating func compact() {
    tracker?.noteAll()
    recent = 0
    oldest = 0
    let isSmall = entries.capacity <= 4_096
    if isSmall { entries.removeAll { !$0.isLive } } else { entries = entries.filter { $0.isLive } }
    index.removeAll(keepingCapacity: isSmall)
    for place in entries.indices { index.insert(entries[place].hash, at: place) }
  }

  /// How many keys stand before `place`: its place in a table without gaps.
  @usableFromInline
  func rank(of place: Int) -> Int {
    count == entries.count ? place : entries[..<place].reduce(0) { $0 + ($1.isLive ? 1 : 0) }
  }
}

extension StateDecoder {
  /// Reads a number that is not negative, far below what counting on could overflow.
  @usableFromInline
  mutating func readPlace() throws(StateError) -> Int {
    let place = index
    guard let number = Int(exactly: try readUInt64()), number >> 56 == 0 else {
      throw .malformed(at: place, expected: "a number")
    }
    return number
  }
}
