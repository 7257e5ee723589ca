// SPDX-License-Identifier: Apache-2.0

/// Entries of which the least is first: a binary heap.
///
/// Taking in one that is greater than all the rest costs O(1), any other O(log n).
@usableFromInline
struct LeastHeap<Entry: Comparable & Sendable>: Sendable {
  @usableFromInline var entries: [Entry] = []

  @usableFromInline init() {}

  @inlinable var count: Int { entries.count }
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

  /// Keeps only the entries for which `isMeant` holds.
  @inlinable
  mutating func filter(_ isMeant: (Entry) -> Bool) {
    let kept = entries.filter(isMeant)
    entries.removeAll(keepingCapacity: true)
    for entry in kept { insert(entry) }
  }
}
