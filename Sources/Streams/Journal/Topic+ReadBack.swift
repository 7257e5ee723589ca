// SPDX-License-Identifier: Apache-2.0

// Reading what is older than a topic's ring.
extension Topic {
  /// Reads entries and marks wherever they are, and tells what there is.
  ///
  /// A volatile topic, and whatever stands in the ring, answers at once, on the caller's thread; a
  /// journal answers later, on a thread of its own: `completion` must be short. What is gone, or is
  /// damaged on disk, is told as a gap.
  /// - Parameters:
  ///   - position: Where the reader stands.
  ///   - limit: The most entries, at least one.
  ///   - bytes: The most bytes that are read from disk, but for one entry. Default 1 MiB.
  ///   - completion: Called once. The error is the journal's, which could not read; what was asked
  ///     for may be there later.
  public func readBack(
    from position: Position,
    limit: Int,
    bytes: Int = 1 << 20,
    completion: @escaping @Sendable (Result<TopicReadBack<Element>, JournalError>) -> Void
  ) {
    var next = position
    let held = readFromMemory(from: &next, limit: limit)
    guard let journal, held == nil else {
      return completion(.success(TopicReadBack(batch: held ?? Batch(), next: next)))
    }
    let request = JournalRequest(position: position, end: end, limit: limit, bytes: bytes)
    journal.read(request) { result in
      completion(
        result.map { found in
          // Where nothing is there, not even what is gone, it goes on in the ring.
          let isNothing = found.items.isEmpty && found.next.nextMark <= position.nextMark
          return TopicReadBack(batch: found.batch, next: isNothing ? request.end : found.next)
        }
      )
    }
  }

  /// Whether what comes next at a position is in the journal, not in memory.
  public func isInJournal(_ position: Position) -> Bool {
    journal != nil && state.withLock { !$0.log.holds(position) }
  }
}

extension TopicLog {
  /// Whether what comes next at a position is kept here, or is yet to come.
  @usableFromInline
  func holds(_ position: Position) -> Bool {
    position.next > first || (position.next == first && position.nextMark >= marks.first)
  }
}

extension TopicState {
  /// The position before the oldest entry that is kept, in memory or in a journal.
  func earliest(in journal: (any TopicJournal<Element>)?) -> Position {
    guard let journal else { return log.earliest }
    return position(after: min(journal.firstOffset, log.first) - 1, in: journal)
  }

  /// The position behind an entry, and before the marks that follow it.
  ///
  /// Where the ring doesn't know which those are, the journal is asked for all of them.
  func position(after offset: Offset, in journal: (any TopicJournal<Element>)?) -> Position {
    guard journal != nil else { return log.position(after: offset) }
    // Right before what it holds it knows the marks only if it has held all that there ever were.
    let isHeld = offset + 1 > log.first || (offset + 1 == log.first && log.marks.first == 1)
    if isHeld { return log.position(after: offset) }
    return Position(next: offset + 1, nextMark: 0)
  }
}
