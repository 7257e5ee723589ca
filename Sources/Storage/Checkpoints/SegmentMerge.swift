// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Goes through several segments as one: of each key the newest change.
///
/// A part may say that a whole table is gone (``Streams/StateKey``): numbers of tables are not used
/// again, so that holds for all its entries, whatever segments they are in.
struct SegmentMerge {
  /// The newest first.
  private let cursors: [SegmentCursor]
  private var current: SegmentCursor?
  private var droppedTables: Set<UInt32> = []
  /// Whether the change at which it stands says that a table is gone.
  private(set) var tellsOfDropped = false
  /// Whether the change at which it stands is of a table that is gone.
  private(set) var isDropped = false

  /// Begins behind `key` in segments of which the newest is the first.
  init(
    _ segments: [StateSegment],
    after key: [UInt8],
    _ database: Database
  ) throws(StorageError) {
    var cursors: [SegmentCursor] = []
    cursors.reserveCapacity(segments.count)
    for segment in segments {
      cursors.append(try SegmentCursor(segment, after: key, database))
    }
    self.cursors = cursors
    // What lies before the place at which it begins.
    guard let first = key.first, first >= StateKey.dropped else { return }
    for segment in segments { try readDropped(segment, database) }
  }

  /// Takes in the tables that a segment says are gone.
  private mutating func readDropped(
    _ segment: StateSegment,
    _ database: Database
  ) throws(StorageError) {
    let cursor = try SegmentCursor(segment, after: [StateKey.dropped], database)
    while let key = cursor.key, let table = StateKey.table(of: key), table.kind == StateKey.dropped
    {
      droppedTables.insert(table.number)
      try cursor.advance()
    }
  }

  /// Goes to the next key; answers the cursor that stands at its newest change, until the next call.
  mutating func next() throws(StorageError) -> SegmentCursor? {
    try current?.advance()
    var best: (cursor: SegmentCursor, key: UnsafeRawBufferPointer)?
    for cursor in cursors {
      guard let key = cursor.key else { continue }
      guard let found = best else {
        best = (cursor, key)
        continue
      }
      let order = KeyOrder.compare(key, found.key)
      if order < 0 { best = (cursor, key) }
      // An older change of a key for which there is a newer one.
      if order == 0 { try cursor.advance() }
    }
    current = best?.cursor
    judge(best?.key)
    return current
  }

  private mutating func judge(_ key: UnsafeRawBufferPointer?) {
    let table = key.flatMap { StateKey.table(of: $0) }
    tellsOfDropped = table?.kind == StateKey.dropped
    if tellsOfDropped, let table { droppedTables.insert(table.number) }
    isDropped =
      table.map { $0.kind == StateKey.entry && droppedTables.contains($0.number) } ?? false
  }
}
