// SPDX-License-Identifier: Apache-2.0

/// What one look of a cursor into its topic gave.
struct CursorRead<Element: Sendable> {
  var batch = Batch<Element>()
  /// Entries that the batch's gaps tell.
  var dropped: UInt64 = 0
  /// Entries in whose place the batch has a newer one.
  var conflated: UInt64 = 0
  /// When the topic was closed.
  var closed: Timestamp?
  /// When what is unread can be handed out, if nothing can now.
  var readyAt: Timestamp?
  /// When the first entry was appended that is unread and can't be handed out now.
  var firstUnread: Timestamp?
  /// Why the cursor hands out nothing more.
  var failure: CursorError?

  /// Passes over the entries from `position` to before `offset`: up to `lostThrough` they are told as
  /// a gap, the others have a newer one in their place.
  mutating func pass(_ position: inout Position, to offset: Offset, lostThrough: Offset) {
    let kept = max(position.next, min(lostThrough + 1, offset))
    if kept > position.next {
      let gap = Gap(from: position.next, to: kept - 1)
      batch.items.append(.gap(gap))
      dropped += gap.count
    }
    conflated += offset - kept
    position.next = offset
  }
}

/// Puts single entries into the items of a batch: one chunk for all of them, and a run for those
/// that follow each other.
struct RunGatherer<Element: Sendable> {
  private let chunk: LogChunk<Element>

  init(capacity: Int) {
    chunk = LogChunk(firstOffset: 0, capacity: capacity)
  }

  /// Appends an entry to `items`; at most as many as the capacity says.
  func add(
    _ element: Element,
    _ offset: Offset,
    appended: Timestamp,
    to items: inout [Batch<Element>.Item]
  ) {
    let index = chunk.count
    chunk.add(element)
    var run = Run(
      chunk: chunk,
      range: index..<index + 1,
      firstOffset: offset,
      appended: appended
    )
    if case .run(let last) = items.last, last.lastOffset + 1 == offset, last.appended == appended {
      items.removeLast()
      run = Run(
        chunk: chunk,
        range: last.range.lowerBound..<index + 1,
        firstOffset: last.firstOffset,
        appended: appended
      )
    }
    items.append(.run(run))
  }
}
