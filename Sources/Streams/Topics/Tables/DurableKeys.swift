// SPDX-License-Identifier: Apache-2.0

/// The table of a durable topic: its index, which follows what the journal stores.
@usableFromInline
final class DurableKeys<Element: Sendable, Key: Hashable & Sendable>: JournalTable {
  /// Where the topic is.
  @usableFromInline
  struct Place {
    /// The journal's store outlives the topic and must not keep it.
    @usableFromInline weak var topic: Topic<Element>?

    @inlinable
    init(_ topic: Topic<Element>) { self.topic = topic }
  }

  /// Loops of a draft and of an index, which run where the types are known.
  @usableFromInline
  struct Work: Sendable {
    @usableFromInline let note: @Sendable (KeyDraft<Element, Key>, Element, Offset) -> TableEffect
    @usableFromInline let take: @Sendable (KeyIndex<Element, Key>, [TableEntry<Element>]) -> Void

    @inlinable
    init() {
      note = { $0.take($1, $2) }
      take = { index, entries in
        for entry in entries { index.take(entry.element, entry.offset, entry.appended) }
        index.compact()
      }
    }
  }

  @usableFromInline let definition: String
  @usableFromInline let place: Guarded<Place>
  @usableFromInline let index: KeyIndex<Element, Key>
  @usableFromInline let work: Work
  /// Whether it may have begun anew, or without some of what was stored.
  @usableFromInline let isDoubtful: Bool

  @inlinable
  init(
    _ topic: Topic<Element>,
    _ definition: String,
    _ index: KeyIndex<Element, Key>,
    isDoubtful: Bool = false
  ) {
    self.definition = definition
    self.isDoubtful = isDoubtful
    self.index = index
    place = Guarded(Place(topic))
    work = Work()
  }

  private var topic: Topic<Element>? { place.withLock { $0.topic } }

  @usableFromInline
  func makeDraft() -> (any JournalTableDraft<Element>)? {
    guard let topic else { return nil }
    return topic.state.withLock { _ in KeyDraft(index, of: self) }
  }

  /// Takes note of entries that the topic is not told of.
  func note(_ entries: [TableEntry<Element>], through: Offset) {
    guard let topic else { return }
    let waiters = topic.state.withLock { state -> [TopicState<Element>.Waiter] in
      work.take(index, entries)
      index.through = max(index.through, through)
      guard state.extras?.indexes.table === index, through >= state.log.next else { return [] }
      // The disk has them though it had said no: the topic goes on behind them.
      state.log.goOn(at: Position(next: through + 1, nextMark: state.log.marks.next))
      return state.takeWaiters()
    }
    for waiter in waiters { waiter.wake() }
  }

  @usableFromInline
  func show(end: Position, evictedAt: Offset) {
    guard let topic else { return }
    let waiters = topic.state.withLock { state -> [TopicState<Element>.Waiter] in
      let former = state.log.end
      if end.next > former.next { state.log.goOn(at: end) }
      // Who was there before may have keys that it has let go, or whose rows are damaged.
      index.evictedAt = index.evicted > 0 || isDoubtful ? end.next - 1 : evictedAt
      state.makeExtras().indexes.show(index)
      return state.log.end == former ? [] : state.takeWaiters()
    }
    for waiter in waiters { waiter.wake() }
  }
}

/// An entry that the topic will not be told of.
@usableFromInline
struct TableEntry<Element: Sendable>: Sendable {
  @usableFromInline let element: Element
  @usableFromInline let offset: Offset
  @usableFromInline let appended: Timestamp
}
