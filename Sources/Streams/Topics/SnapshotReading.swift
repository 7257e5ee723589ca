// SPDX-License-Identifier: Apache-2.0

/// The rest of a table's snapshot that a cursor hands out before the changes.
struct SnapshotReading<Element: Sendable> {
  private let slots: SlotLog<Element>
  private var place: SlotLog<Element>.Place
  /// Entries of the whole snapshot.
  let count: UInt64
  /// Entries handed out.
  private(set) var delivered: UInt64 = 0

  init(_ slots: SlotLog<Element>) {
    self.slots = slots
    place = slots.place(from: 0)
    count = UInt64(slots.count)
  }

  /// The next entries by offset, at most `limit`; `nil` once there are none.
  mutating func next(limit: Int) -> Batch<Element>? {
    var batch = Batch<Element>()
    let runs = RunGatherer<Element>(capacity: min(limit, Int(count - delivered)))
    var left = limit
    while left > 0, let slot = slots.next(&place), let element = slot.element {
      runs.add(element, slot.offset, appended: slot.appended, to: &batch.items)
      delivered += 1
      left -= 1
    }
    return batch.isEmpty ? nil : batch
  }
}
