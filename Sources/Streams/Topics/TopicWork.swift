// SPDX-License-Identifier: Apache-2.0

/// What a topic does with elements, compiled where their type is known.
///
/// A topic is generic and not inlined into its users: through these closures its publishers and
/// readers run the specialised code all the same, a call for each batch.
@usableFromInline
struct TopicWork<Element: Sendable>: Sendable {
  @usableFromInline
  typealias Take =
    @Sendable (Topic<Element>, UInt64?, inout Position, Int, inout UInt64) -> Batch<Element>?

  @usableFromInline let log: TopicLogWork<Element>
  @usableFromInline let take: Take

  @inlinable
  init() {
    log = TopicLogWork()
    take = { $0.moveHoldAndRead($1, from: &$2, limit: $3, dropped: &$4) }
  }
}

/// What a log does with elements; see ``TopicWork``.
@usableFromInline
struct TopicLogWork<Element: Sendable>: Sendable {
  @usableFromInline typealias Log = TopicLog<Element>

  @usableFromInline let makeRoom: @Sendable (inout Log, Int, Int, Offset) -> Bool
  @usableFromInline let append: @Sendable (inout Log, [Element], Timestamp) -> Offset
  @usableFromInline let read: @Sendable (inout Log, inout Position, Int) -> Batch<Element>

  @inlinable
  init() {
    makeRoom = { $0.dropToFit($1, bytes: $2, keepingFrom: $3) }
    append = { $0.fillChunks(with: $1, appended: $2) }
    read = { $0.gather(from: &$1, limit: $2) }
  }
}

extension TopicLog {
  /// Makes room for `newCount` entries of `newBytes`, without dropping any from `held` on.
  ///
  /// Answers whether the room is there; if it can't be made, nothing is dropped.
  mutating func makeRoom(
    forCount newCount: Int,
    bytes newBytes: Int,
    keepingFrom held: Offset
  )
    -> Bool
  {
    let work = settings.work.log
    return work.makeRoom(&self, newCount, newBytes, held)
  }

  /// Appends all elements at one instant, for which the caller made room; answers the first offset.
  mutating func append(_ elements: [Element], appended: Timestamp) -> Offset {
    let work = settings.work.log
    return work.append(&self, elements, appended)
  }

  /// Reads at most `limit` entries, with the marks among them, and moves `position` behind them.
  mutating func read(from position: inout Position, limit: Int) -> Batch<Element> {
    let work = settings.work.log
    return work.read(&self, &position, limit)
  }
}
