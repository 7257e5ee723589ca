// SPDX-License-Identifier: Apache-2.0

/// A table's index as it will be when a commit is done.
///
/// It has what the commit changes, over what the index has, and decides as ``KeyIndex`` does, so that
/// the disk keeps exactly what memory keeps.
///
/// The index stays as it is meanwhile: only what is committed is seen, and after a commit that failed
/// nothing has to be taken back.
@usableFromInline
final class KeyDraft<Element: Sendable, Key: Hashable & Sendable>: JournalTableDraft {
  /// An entry of the commit that is its key's newest, or was.
  @usableFromInline
  struct Added {
    @usableFromInline let key: Key
    @usableFromInline let offset: Offset
    @usableFromInline let weight: Int

    @inlinable
    init(key: Key, offset: Offset, weight: Int) {
      (self.key, self.offset, self.weight) = (key, offset, weight)
    }
  }

  private let table: DurableKeys<Element, Key>
  @usableFromInline let rules: KeyRules<Element, Key>
  @usableFromInline let weigher: Weigher<Element>
  // Copies of what the index has, which cost nothing as long as nobody changes it.
  @usableFromInline var newest: [Key: Offset]
  @usableFromInline var slots: SlotLog<Element>
  /// What became of keys: the offset of the newest entry, or `nil` if they are gone.
  @usableFromInline var changes: [Key: Offset?] = [:]
  @usableFromInline var added: [Added] = []
  private var stored: [TableEntry<Element>] = []
  /// The newest offset that the topic will not be told of.
  private var storedThrough: Offset = 0
  @usableFromInline var count: Int
  @usableFromInline var bytes: Int
  /// Before these places nothing can be let go any more.
  @usableFromInline var oldestSlot: SlotLog<Element>.Place
  @usableFromInline var oldestAdded = 0
  @usableFromInline private(set) var through: Offset

  /// Begins over what an index has; called under its topic's lock.
  init(_ index: KeyIndex<Element, Key>, of table: DurableKeys<Element, Key>) {
    self.table = table
    (rules, weigher) = (index.rules, index.weigher)
    (newest, slots, through) = (index.newest, index.slots, index.through)
    (count, bytes) = (index.newest.count, index.slots.bytes)
    oldestSlot = index.slots.place(from: index.slots.newestFrom)
  }

  @usableFromInline
  func note(
    _ element: Element?,
    at offset: Offset,
    appended: Timestamp,
    isStored: Bool
  ) -> TableEffect {
    through = offset
    if isStored { storedThrough = offset }
    guard let element else { return TableEffect() }
    if isStored { stored.append(TableEntry(element: element, offset: offset, appended: appended)) }
    return table.work.note(self, element, offset)
  }

  /// See ``note(_:at:appended:isStored:)``.
  @inlinable
  func take(_ element: Element, _ offset: Offset) -> TableEffect {
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
      effect.isExcess = true
    }
    return effect
  }

  @usableFromInline
  func refusal(of elements: [Element], if condition: RowCondition?) -> RowRefusal? {
    RowJudgement(rules, weigher, count: count, bytes: bytes).refusal(of: elements, if: condition) {
      offsetOfNewest($0).map { (offset: $0, weight: weight(of: $0)) }
    }
  }

  @usableFromInline
  func commit() {
    // Else the index would copy all it has when it changes.
    (newest, slots, changes, added) = ([:], SlotLog(), [:], [])
    if storedThrough > 0 { table.note(stored, through: storedThrough) }
    (stored, storedThrough) = ([], 0)
  }

  @inlinable
  func offsetOfNewest(_ key: Key) -> Offset? {
    if let change = changes[key] { return change }
    return newest[key]
  }

  @inlinable
  func weight(of offset: Offset) -> Int {
    let index = added.partitioningIndex { $0.offset >= offset }
    if index < added.count, added[index].offset == offset { return added[index].weight }
    var place = slots.place(from: offset)
    return slots.next(&place)?.weight ?? 0
  }

  /// Lets the entry go that was set the longest ago; answers its offset.
  @inlinable
  func removeOldest() -> Offset? {
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

  @inlinable
  func remove(_ key: Key, _ offset: Offset, _ weight: Int) -> Offset {
    changes.updateValue(nil, forKey: key)
    count -= 1
    bytes -= weight
    return offset
  }
}
