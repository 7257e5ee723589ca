// SPDX-License-Identifier: Apache-2.0

/// A mark with its number and its place among the entries of a log.
@usableFromInline
struct PlacedMark: Sendable {
  @usableFromInline let number: UInt64
  /// The offset of the entry it stands behind.
  @usableFromInline let after: Offset
  @usableFromInline let mark: Mark
  @usableFromInline let appended: Timestamp
}

/// The marks of a log, oldest first: ordered by number, place and instant alike.
@usableFromInline
struct MarkList: Sendable {
  /// The number that the next mark gets.
  private(set) var next: UInt64 = 1
  private var marks: [PlacedMark] = []
  /// Marks at the front that are gone; they leave memory now and then, many at once.
  private var gone = 0
  /// The greatest number that any reader was given.
  private var read: UInt64 = 0
  /// The most marks that are kept.
  let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  @usableFromInline var endIndex: Int { marks.count }

  @usableFromInline subscript(index: Int) -> PlacedMark { marks[index] }

  /// Sets a mark behind the entry `after`.
  ///
  /// A watermark takes the place of one at the same place and instant, but of none that a reader
  /// was given: so all readers see the same marks.
  mutating func append(_ mark: Mark, after: Offset, appended: Timestamp) {
    if case .watermark = mark, gone < marks.count, let last = marks.last, last.after == after,
      last.appended == appended, last.number > read, case .watermark = last.mark
    {
      marks.removeLast()
    }
    marks.append(PlacedMark(number: next, after: after, mark: mark, appended: appended))
    next += 1
    if marks.count - gone > limit { drop(1) }
  }

  /// The mark at `index`, which a reader is given.
  @usableFromInline
  mutating func take(_ index: Int) -> PlacedMark {
    read = max(read, marks[index].number)
    return marks[index]
  }

  /// Forgets the marks that stand before the entry `offset` and not directly before it.
  @usableFromInline
  mutating func drop(before offset: Offset) {
    var number = 0
    while gone + number < marks.count, marks[gone + number].after + 1 < offset { number += 1 }
    drop(number)
  }

  private mutating func drop(_ number: Int) {
    gone += number
    guard gone > marks.count / 2 else { return }
    marks.removeFirst(gone)
    gone = 0
  }

  /// The index of the first mark with this number or a greater one.
  @usableFromInline
  func index(from number: UInt64) -> Int {
    max(gone, marks.partitioningIndex { $0.number >= number })
  }

  /// The number of the first mark that stands behind the entry `offset` or a later one.
  func number(behind offset: Offset) -> UInt64 {
    let index = max(gone, marks.partitioningIndex { $0.after >= offset })
    return index < marks.count ? marks[index].number : next
  }
}

extension Array {
  /// The first index whose element satisfies `isIn`, in an array that is ordered by it.
  @inlinable
  func partitioningIndex(_ isIn: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isIn(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
