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
///
/// Without a mark it is a pointer to nothing: most topics never have one.
@usableFromInline
struct MarkList: ~Copyable {
  private var kept: KeptMarks?

  init() {}

  /// Has no marks and goes on with a number.
  mutating func restart(at number: UInt64) { kept = number == 1 ? nil : KeptMarks(next: number) }

  /// The number of the oldest mark that is kept; ``next`` when there is none.
  var first: UInt64 { kept?.first ?? 1 }
  /// The number that the next mark gets.
  var next: UInt64 { kept?.next ?? 1 }
  /// The greatest watermark that was set.
  var watermark: Timestamp { kept?.watermark ?? .distantPast }

  @usableFromInline var endIndex: Int { kept?.marks.count ?? 0 }

  @usableFromInline subscript(index: Int) -> PlacedMark { keptMarks.marks[index] }

  private var keptMarks: KeptMarks {
    guard let kept else { preconditionFailure("a mark that is asked for is kept") }
    return kept
  }

  /// Sets a mark behind the entry `after`; the oldest goes if there are then more than `limit`.
  ///
  /// Where they replace each other, a watermark takes the place of one at the same place and instant
  /// that no reader was given.
  mutating func append(
    _ mark: Mark,
    after: Offset,
    appended: Timestamp,
    limit: Int,
    replaces: Bool
  ) {
    let kept = self.kept ?? KeptMarks()
    self.kept = kept
    kept.append(mark, after: after, appended: appended, replaces: replaces)
    if kept.count > limit { kept.drop(1) }
  }

  /// The mark at `index`, which a reader is given.
  @usableFromInline
  func take(_ index: Int) -> PlacedMark { keptMarks.take(index) }

  /// Forgets the marks that stand before the entry `offset` and not directly before it.
  @usableFromInline
  func drop(before offset: Offset) { kept?.drop(before: offset) }

  /// The index of the first mark with this number or a greater one.
  @usableFromInline
  func index(from number: UInt64) -> Int { kept?.index { $0.number >= number } ?? 0 }

  /// The number of the first mark that stands behind the entry `offset` or a later one.
  func number(behind offset: Offset) -> UInt64 {
    guard let kept else { return next }
    let index = kept.index { $0.after >= offset }
    return index < kept.marks.count ? kept.marks[index].number : next
  }
}

/// What a ``MarkList`` with marks is made of; only that list knows it.
private final class KeptMarks {
  /// The number that the next mark gets.
  private(set) var next: UInt64
  private(set) var watermark = Timestamp.distantPast
  private(set) var marks: [PlacedMark] = []
  /// Marks at the front that are gone; they leave memory now and then, many at once.
  private var gone = 0
  /// The greatest number that any reader was given.
  private var read: UInt64 = 0

  init(next: UInt64 = 1) { self.next = next }

  var count: Int { marks.count - gone }
  var first: UInt64 { count > 0 ? marks[gone].number : next }

  /// Sets a mark behind the entry `after`.
  ///
  /// A watermark takes the place of one at the same place and instant, but of none that a reader
  /// was given: so all readers see the same marks.
  func append(_ mark: Mark, after: Offset, appended: Timestamp, replaces: Bool) {
    if case .watermark(let instant) = mark {
      watermark = max(watermark, instant)
      if replaces, count > 0, let last = marks.last, last.after == after, last.appended == appended,
        last.number > read, case .watermark = last.mark
      {
        marks.removeLast()
      }
    }
    marks.append(PlacedMark(number: next, after: after, mark: mark, appended: appended))
    next += 1
  }

  func take(_ index: Int) -> PlacedMark {
    read = max(read, marks[index].number)
    return marks[index]
  }

  func drop(before offset: Offset) {
    var number = 0
    while gone + number < marks.count, marks[gone + number].after + 1 < offset { number += 1 }
    drop(number)
  }

  func drop(_ number: Int) {
    gone += number
    guard gone > marks.count / 2 else { return }
    marks.removeFirst(gone)
    gone = 0
  }

  /// The index of the first mark that satisfies `isIn`, where all that follow do.
  func index(_ isIn: (PlacedMark) -> Bool) -> Int {
    max(gone, marks.partitioningIndex(isIn))
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
