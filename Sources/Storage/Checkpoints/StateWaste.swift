// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// What is known to be worthless of what is stored of a pipeline's state.
struct StateWaste: Hashable {
  /// About how many bytes of the first segment are entries of tables that are gone.
  var droppedBytes: Int64 = 0
  /// Since when there is something behind the first segment.
  var since: Timestamp?
  /// Whether that is long ago.
  var isOld = false

  /// The tables of a commit, or of a segment, that are measured.
  static let measuredTables = 256
}

extension StateSegment {
  /// About how many bytes the entries of a table take: as exact as blocks are small.
  func bytes(ofTable number: UInt32, _ database: Database) throws(StorageError) -> Int64 {
    guard blocks > 0 else { return 0 }
    let low = try firstBlock(endingAt: Self.start(ofTable: UInt64(number)), database)
    let high = try firstBlock(endingAt: Self.start(ofTable: UInt64(number) + 1), database)
    return max(0, high - low) * (bytes / blocks)
  }

  /// The tables of which it says that they are gone.
  func droppedTables(_ database: Database) throws(StorageError) -> [UInt32] {
    var tables: [UInt32] = []
    let cursor = try SegmentCursor(self, after: [StateKey.dropped], database)
    while tables.count < StateWaste.measuredTables, let key = cursor.key,
      let table = StateKey.table(of: key), table.kind == StateKey.dropped
    {
      tables.append(table.number)
      try cursor.advance()
    }
    return tables
  }

  /// What is not greater than the key of any entry of a table, and greater than that of any before.
  private static func start(ofTable number: UInt64) -> [UInt8] {
    // The one behind the last begins with the next kind.
    let head = UInt64(StateKey.entry) << 32 + number
    return (0..<5).reversed().map { UInt8(truncatingIfNeeded: head >> (8 * UInt64($0))) }
  }

  /// The first block whose last key is not less than a key; one that is damaged counts as none.
  private func firstBlock(
    endingAt key: [UInt8],
    _ database: Database
  ) throws(StorageError) -> Int64 {
    var (low, high) = (Int64(0), blocks)
    while low < high {
      let middle = low + (high - low) / 2
      guard let last = try lastKey(ofBlock: middle, database) else { return low }
      if KeyOrder.compare(last, key) < 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
