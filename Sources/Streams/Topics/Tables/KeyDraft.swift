// SPDX-License-Identifier: Apache-2.0

/// A table's index as it will be when a commit is done.
///
/// It has what the commit changes, over what the index has, and decides as ``KeyIndex`` does, so that
/// the disk keeps exactly what memory keeps.
///
/// The index stays as it is meanwhile: only what is committed is seen, and after a commit that failed
/// nothing has to be taken back.
final class KeyDraft<Element: Sendable, Key: Hashable & Sendable>: JournalTableDraft {
  /// An entry that the topic will not be told of.
  struct Entry {
    let element: Element
    let offset: Offset
    let appended: Timestamp
  }

  /// An entry of the commit that is its key's newest, or was.
  private struct Added {
    let key: Key
    let offset: Offset
    let weight: Int
  }

  private let table: KeyTable<Element, Key>
  private let rules: KeyRules<Element, Key>
  private let weigher: Weigher<Element>
  // Copies of what the index has, which cost nothing as long as nobody changes it.
  private var newest: [Key: Offset]
  private var slots: SlotLog<Element>
  /// What became of keys: the offset of the newest entry, or `nil` if they are gone.
  private var changes: [Key: Offset?] = [:]
  private var added: [Added] = []
  private var stored: [Entry] = []
  /// The newest offset that the topic will not be told of.
  private var storedThrough: Offset = 0
  private var count: Int
  private var bytes: Int
  /// Before these places nothing can be let go any more.
  private var oldestSlot: SlotLog<Element>.Place
  private var oldestAdded = 0
  private(set) var through: Offset

  /// Begins over what an index has; called under its topic's lock.
  init(_ index: KeyIndex<Element, Key>, of table: KeyTable<Element, Key>) {
    self.table = table
    (rules, weigher) = (index.rules, index.weigher)
    (newest, slots, through) = (index.newest, index.slots, index.through)
    (count, bytes) = (index.newest.count, index.slots.bytes)
    oldestSlot = index.slots.place(from: index.slots.newestFrom)
  }

  func note(
    _ element: Element?,
    at offset: Offset,
    appended: Timestamp,
    isStored: Bool
  ) -> TableEffect {
    through = offset
    if isStored { storedThrough = offset }
    guard let element else { return TableEffect() }
    if isStored { stored.append(Entry(element: element, offset: offset, appended: appended)) }
    var effect = TableEffect()
    let key = rules.key(element)
    if let old = offsetOfNewest(key) {
      bytes -= weight(of: old)
      count -= 1
      effect.gone.append(old)
    }
    guard rules.kind(element) != .deletion else {
      changes.updateValue(nil, forKey: key)
      return effect
    }
    let weight = weigher.total(CollectionOfOne(element))
    changes.updateValue(offset, forKey: key)
    added.append(Added(key: key, offset: offset, weight: weight))
    bytes += weight
    count += 1
    effect.isKept = true
    while count > rules.maximumKeys || (bytes > rules.maximumBytes && count > 1) {
      guard let old = removeOldest() else { break }
      effect.gone.append(old)
    }
    return effect
  }

  func commit() {
    // Else the index would copy all it has when it changes.
    (newest, slots, changes, added) = ([:], SlotLog(), [:], [])
    if storedThrough > 0 { table.note(stored, through: storedThrough) }
    (stored, storedThrough) = ([], 0)
  }

  private func offsetOfNewest(_ key: Key) -> Offset? {
    if let change = changes[key] { return change }
    return newest[key]
  }

  private func weight(of offset: Offset) -> Int {
    let index = added.partitioningIndex { $0.offset >= offset }
    if index < added.count, added[index].offset == offset { return added[index].weight }
    var place = slots.place(from: offset)
    return slots.next(&place)?.weight ?? 0
  }

  /// Lets the entry go that was set the longest ago; answers its offset.
  private func removeOldest() -> Offset? {
    while let slot = slots.next(&oldestSlot) {
      guard slot.isNewest, let element = slot.element else { continue }
      let key = rules.key(element)
      // What has changed is not in its old place any more.
      guard changes[key] == nil else { continue }
      return remove(key, slot.offset, slot.weight)
    }
    while oldestAdded < added.count {
      let entry = added[oldestAdded]
      oldestAdded += 1
      if changes[entry.key] == .some(entry.offset) {
        return remove(entry.key, entry.offset, entry.weight)
      }
    }
    return nil
  }

  private func remove(_ key: Key, _ offset: Offset, _ weight: Int) -> Offset {
    changes.updateValue(nil, forKey: key)
    count -= 1
    bytes -= weight
    return offset
  }
}
