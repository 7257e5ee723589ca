// SPDX-License-Identifier: Apache-2.0

/// The table of a durable topic: its index, which follows what the journal stores.
@usableFromInline
final class KeyTable<Element: Sendable, Key: Hashable & Sendable>: JournalTable {
  private struct Place {
    /// The journal's store outlives the topic and must not keep it.
    weak var topic: Topic<Element>?
  }

  @usableFromInline let definition: String
  private let place: Guarded<Place>
  private let index: KeyIndex<Element, Key>

  @usableFromInline
  init(_ topic: Topic<Element>, _ definition: String, _ index: KeyIndex<Element, Key>) {
    self.definition = definition
    self.index = index
    place = Guarded(Place(topic: topic))
  }

  private var topic: Topic<Element>? { place.withLock { $0.topic } }

  @usableFromInline
  func makeDraft() -> (any JournalTableDraft<Element>)? {
    guard let topic else { return nil }
    return topic.state.withLock { _ in KeyDraft(index, of: self) }
  }

  /// Takes note of entries that the topic is not told of.
  func note(_ entries: [KeyDraft<Element, Key>.Entry], through: Offset) {
    guard let topic else { return }
    topic.state.withLock { state in
      for entry in entries {
        index.take([entry.element], first: entry.offset, appended: entry.appended)
      }
      index.through = max(index.through, through)
      guard state.extras?.indexes.table === index else { return }
      // The disk has them though it had said no: the topic goes on behind them.
      state.goOn(behind: index.through)
    }
  }

  @usableFromInline
  func show(end: Position) {
    guard let topic else { return }
    let waiters = topic.state.withLock { state -> [TopicState<Element>.Waiter] in
      let former = state.log.end
      if end.next > former.next { state.log.goOn(at: end) }
      state.makeExtras().indexes.show(index)
      return state.log.end == former ? [] : state.takeWaiters()
    }
    for waiter in waiters { waiter.wake() }
  }
}

extension TopicState {
  /// Goes on behind an entry that the journal has, if the topic is not that far.
  fileprivate mutating func goOn(behind offset: Offset) {
    guard offset >= log.next else { return }
    log.goOn(at: Position(next: offset + 1, nextMark: log.marks.next))
  }
}
