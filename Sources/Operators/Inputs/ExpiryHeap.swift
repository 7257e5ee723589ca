// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What a join keeps, by when it goes: a binary heap, whose least is first.
///
/// Taking in something that goes later than all the rest costs O(1), the rest O(log n).
@usableFromInline
struct ExpiryHeap: Sendable {
  @usableFromInline
  struct Entry: Sendable {
    /// The last instant of event time at which it can matter.
    @usableFromInline let end: Timestamp
    /// Its turn: greater for what came later.
    @usableFromInline let turn: UInt64
    /// The bucket whose first row it is by then.
    @usableFromInline let bucket: Int

    @usableFromInline
    init(end: Timestamp, turn: UInt64, bucket: Int) {
      self.end = end
      self.turn = turn
      self.bucket = bucket
    }

    @inlinable
    static func < (left: Entry, right: Entry) -> Bool {
      left.end == right.end ? left.turn < right.turn : left.end < right.end
    }
  }

  @usableFromInline var entries: [Entry] = []

  @usableFromInline init() {}

  @inlinable var first: Entry? { entries.first }

  @inlinable
  mutating func insert(_ entry: Entry) {
    var index = entries.count
    entries.append(entry)
    while index > 0 {
      let parent = (index - 1) / 2
      guard entry < entries[parent] else { break }
      entries[index] = entries[parent]
      index = parent
    }
    entries[index] = entry
  }

  @inlinable
  mutating func removeFirst() {
    guard let last = entries.popLast(), !entries.isEmpty else { return }
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
      guard entries[child] < last else { break }
      entries[index] = entries[child]
      index = child
    }
    entries[index] = last
  }
}
