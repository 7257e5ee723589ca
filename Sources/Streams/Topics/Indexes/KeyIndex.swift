// SPDX-License-Identifier: Apache-2.0

/// The newest entry per key, and older terminal ones; see ``TopicIndex``.
@usableFromInline
final class KeyIndex<Element: Sendable, Key: Hashable & Sendable>: TopicIndex, @unchecked Sendable {
  // Proof: it belongs to one topic, and is touched only under that topic's lock.

  /// Runs the loop of ``take(_:first:appended:)`` where the types are known.
  @usableFromInline typealias Note = @Sendable (KeyIndex, [Element], Offset, Timestamp) -> Void

  @usableFromInline let rules: KeyRules<Element, Key>
  @usableFromInline let weigher: Weigher<Element>
  @usableFromInline let noteWork: Note
  /// Hears which keys there are; `nil` where nobody wants to know.
  @usableFromInline let observer: KeyObserver<Key>?
  /// The offset of each key's newest entry.
  @usableFromInline var newest: [Key: Offset] = [:]
  @usableFromInline var slots = SlotLog<Element>()
  @usableFromInline var lostThrough: Offset = 0
  @usableFromInline var through: Offset = 0
  @usableFromInline var evicted: UInt64 = 0
  @usableFromInline var evictedAt: Offset = 0
  /// The number of older terminal entries at which it is pruned.
  private var pruneAt = 64

  @inlinable
  init(
    _ rules: KeyRules<Element, Key>,
    weigher: Weigher<Element>,
    observer: KeyObserver<Key>? = nil
  ) {
    self.rules = rules
    self.weigher = weigher
    self.observer = observer
    noteWork = { $0.take($1, first: $2, appended: $3) }
  }

  @usableFromInline
  func note(_ elements: [Element], first: Offset, appended: Timestamp) {
    noteWork(self, elements, first, appended)
  }

  @usableFromInline
  func start(at offset: Offset) {
    lostThrough = offset - 1
    through = offset - 1
  }

  /// See ``note(_:first:appended:)``.
  @inlinable
  func take(_ elements: [Element], first: Offset, appended: Timestamp) {
    var offset = first
    for element in elements {
      take(element, offset, appended)
      offset += 1
    }
    through = offset - 1
    compact()
  }

  /// Takes note of one entry.
  @inlinable
  func take(_ element: Element, _ offset: Offset, _ appended: Timestamp) {
    let key = rules.key(element)
    let kind = rules.kind(element)
    if kind == .deletion {
      if let old = remove(key) { slots.supersede(old) }
    } else {
      if let old = newest.updateValue(offset, forKey: key) {
        slots.supersede(old)
      } else {
        observer?.added(key)
      }
      slots.append(
        KeyedSlot(
          element,
          offset: offset,
          appended: appended,
          weight: weigher.total(CollectionOfOne(element)),
          isTerminal: kind == .terminal
        )
      )
      let before = evicted
      evictExcess()
      if evicted != before { evictedAt = offset }
    }
  }

  /// Takes a key away; answers the offset of its newest entry.
  @inlinable
  func remove(_ key: Key) -> Offset? {
    guard let place = newest.index(forKey: key) else { return nil }
    // An equal text may have other bytes: whoever hears of it knows the first one.
    let (known, offset) = newest.remove(at: place)
    observer?.removed(known)
    return offset
  }

  /// Gives memory back that is not needed any more.
  @inlinable
  func compact() {
    slots.compact()
    if newest.capacity > 4 * newest.count + 64 {
      newest = Dictionary(uniqueKeysWithValues: newest.lazy.map { ($0.key, $0.value) })
    }
  }

  /// Lets the oldest entries go that are too many or weigh too much, but never the last one.
  @inlinable
  func evictExcess() {
    while newest.count > rules.maximumKeys
      || (slots.bytes > rules.maximumBytes && newest.count > 1)
    {
      guard let slot = slots.removeOldestNewest(), let element = slot.element else { break }
      _ = remove(rules.key(element))
      lose(slot.offset)
    }
    while slots.terminalCount > rules.maximumKeys || slots.bytes > rules.maximumBytes {
      guard let slot = slots.removeOldestTerminal() else { break }
      lose(slot.offset)
    }
  }

  @inlinable
  func lose(_ offset: Offset) {
    evicted += 1
    lostThrough = max(lostThrough, offset)
  }

  /// The newest entry of a key.
  func newestElement(of key: Key) -> Element? {
    guard let offset = newest[key] else { return nil }
    var place = slots.place(from: offset)
    return slots.next(&place)?.element
  }

  @usableFromInline var wantsPruning: Bool {
    slots.terminalCount >= min(pruneAt, rules.maximumKeys)
  }

  @usableFromInline
  func prune(before offset: Offset) {
    while slots.removeOldestTerminal(before: offset) != nil {}
    pruneAt = 2 * slots.terminalCount + 64
  }
}

/// How an index reads entries, and how much it keeps.
@usableFromInline
struct KeyRules<Element: Sendable, Key: Hashable & Sendable>: Sendable {
  @usableFromInline let key: @Sendable (Element) -> Key
  @usableFromInline let kind: @Sendable (Element) -> EntryKind
  @usableFromInline let maximumKeys: Int
  @usableFromInline let maximumBytes: Int
  /// Whether a publish that would be too much is refused; else the oldest keys go for it.
  @usableFromInline let refusesExcess: Bool

  @inlinable
  init(
    key: @escaping @Sendable (Element) -> Key,
    kind: @escaping @Sendable (Element) -> EntryKind,
    maximumKeys: Int,
    maximumBytes: Int,
    refusesExcess: Bool = false
  ) {
    precondition(maximumKeys >= 1 && maximumBytes >= 1, "an index keeps at least one key")
    self.key = key
    self.kind = kind
    self.maximumKeys = maximumKeys
    self.maximumBytes = maximumBytes
    self.refusesExcess = refusesExcess
  }
}
