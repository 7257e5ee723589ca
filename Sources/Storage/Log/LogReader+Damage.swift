// SPDX-License-Identifier: Apache-2.0
internal import Streams

extension LogReader {
  /// Entries of a range that are damaged or gone.
  ///
  /// Entries that follow each other are one damage; those of a page that SQLite can't read too.
  func damage(
    in topic: StoredTopic,
    after: Offset,
    through: Offset
  ) throws(StorageError) -> [Damage] {
    guard after < through else { return [] }
    var found = DamageList(topic: topic.name, next: after + 1)
    var start = after + 1
    while start <= through {
      var seen = start
      do {
        try scan(topic, from: start, through: through, limit: .max) { row in
          found.note(row.offset, isIntact: row.isIntact)
          seen = row.offset + 1
          return true
        }
        break
      } catch  where error.reason == .corrupt {
        guard let next = try readable(topic, from: seen, through: through) else { break }
        start = next
      }
    }
    found.end(through: through)
    return found.damage
  }

  /// The first damage in a range where the first entry is damaged or gone.
  func firstDamage(
    _ topic: StoredTopic,
    from first: Offset,
    through last: Offset
  ) throws(StorageError) -> Damage {
    var found = DamageList(topic: topic.name, next: first)
    do {
      try scan(topic, from: first, through: last, limit: .max) { row in
        found.note(row.offset, isIntact: row.isIntact)
        return !row.isIntact
      }
    } catch  where error.reason == .corrupt {
      if let next = try readable(topic, from: first, through: last) {
        found.note(next, isIntact: true)
      }
    }
    if found.damage.isEmpty { found.end(through: last) }
    return found.damage.first ?? Damage(topic: topic.name, from: first, through: first)
  }

  /// The first entry that can be read behind a page that can't; `nil` if there is none.
  ///
  /// A page holds entries that follow each other: it is left behind by ever longer steps, and its end
  /// is found by halves.
  private func readable(
    _ topic: StoredTopic,
    from first: Offset,
    through last: Offset
  ) throws(StorageError) -> Offset? {
    var (bad, step) = (first, UInt64(1))
    while step <= last - bad {
      let offset = bad + step
      guard var good = try entry(topic, from: offset, through: last) else {
        (bad, step) = (offset, step * 2)
        continue
      }
      var high = offset
      while high - bad > 1 {
        let middle = bad + (high - bad) / 2
        if let found = try entry(topic, from: middle, through: last) {
          (high, good) = (middle, found)
        } else {
          bad = middle
        }
      }
      return good
    }
    return try entry(topic, from: last, through: last)
  }

  /// The first entry from an offset on; `nil` if there is none or its page can't be read.
  private func entry(
    _ topic: StoredTopic,
    from first: Offset,
    through last: Offset
  ) throws(StorageError) -> Offset? {
    var found: Offset?
    do {
      try scan(topic, from: first, through: last, limit: 1) { row in
        found = row.offset
        return false
      }
    } catch  where error.reason == .corrupt {
      return nil
    }
    return found
  }
}

/// Collects what is wrong with entries that are looked at in order.
struct DamageList {
  let topic: String
  private(set) var damage: [Damage] = []
  /// The first offset that is not known to be in order.
  private var next: Offset

  init(topic: String, next: Offset) {
    self.topic = topic
    self.next = next
  }

  mutating func note(_ offset: Offset, isIntact: Bool) {
    guard isIntact else { return }
    close(before: offset)
    next = offset + 1
  }

  /// Ends the range: what was not seen of it is gone.
  mutating func end(through last: Offset) {
    close(before: last + 1)
    next = last + 1
  }

  private mutating func close(before offset: Offset) {
    guard next < offset else { return }
    damage.append(Damage(topic: topic, from: next, through: offset - 1))
  }
}
