// SPDX-License-Identifier: Apache-2.0
import Streams

/// A topic as an array: everything that was ever appended, and what of it is still kept.
struct TopicModel {
  private struct Entry {
    let value: Int
    let appended: Timestamp
  }

  private struct PlacedMark {
    let after: Offset
    let mark: Mark
    let appended: Timestamp
  }

  let retention: Retention
  private var entries: [Entry] = []
  private var marks: [PlacedMark] = []
  private var first: Offset = 1
  private var watermark = Timestamp.distantPast

  init(retention: Retention) {
    self.retention = retention
  }

  var lastOffset: Offset { Offset(entries.count) }
  var firstOffset: Offset { first }
  var bytes: Int { entries[Int(first - 1)...].reduce(0) { $0 + $1.value } }

  /// Appends values, each of which weighs itself, and drops the oldest that are too many.
  mutating func publish(_ values: [Int], appended: Timestamp) {
    let added = values.reduce(0, +)
    while lastOffset + 1 - first + Offset(values.count) > Offset(retention.maximumCount)
      || bytes + added > retention.maximumBytes
    {
      first += 1
    }
    entries += values.map { Entry(value: $0, appended: appended) }
  }

  /// Sets a mark that nobody else stands next to.
  mutating func mark(_ mark: Mark, appended: Timestamp) {
    if case .watermark(let instant) = mark {
      guard instant > watermark else { return }
      watermark = instant
      if let last = marks.last, last.after == lastOffset, last.appended == appended,
        case .watermark = last.mark
      {
        marks.removeLast()
      }
    }
    marks.append(PlacedMark(after: lastOffset, mark: mark, appended: appended))
  }

  /// What a reader sees that stands behind `offset`.
  func everything(after offset: Offset) -> [Seen<Int>] {
    var seen: [Seen<Int>] = []
    if offset + 1 < first { seen.append(.gap(from: offset + 1, to: first - 1)) }
    let start = max(offset, first - 1)
    for place in start...max(start, lastOffset) {
      if place > start {
        let entry = entries[Int(place - 1)]
        seen.append(.entry(entry.value, offset: place, appended: entry.appended))
      }
      seen += marks.filter { $0.after == place }.map { .mark($0.mark, appended: $0.appended) }
    }
    return seen
  }
}
