// SPDX-License-Identifier: Apache-2.0
internal import Streams

extension LogReader {
  /// Entries of a range that are damaged or gone.
  ///
  /// Entries that follow each other are one damage. A page that SQLite can't read at all makes the
  /// rest of the range one.
  func damage(
    in topic: StoredTopic,
    after: Offset,
    through: Offset
  ) throws(StorageError) -> [Damage] {
    guard after < through else { return [] }
    var found = DamageList(topic: topic.name, next: after + 1)
    do {
      try scan(topic, from: after + 1, through: through, limit: .max) { row in
        found.note(row.offset, isIntact: row.isIntact)
        return true
      }
    } catch  where error.reason == .corrupt {
      // What comes behind the page can't be reached in order.
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
    try scan(topic, from: first, through: last, limit: .max) { row in
      found.note(row.offset, isIntact: row.isIntact)
      return !row.isIntact
    }
    if found.damage.isEmpty { found.end(through: last) }
    return found.damage.first ?? Damage(topic: topic.name, from: first, through: first)
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
