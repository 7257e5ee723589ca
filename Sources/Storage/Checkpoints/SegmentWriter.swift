// SPDX-License-Identifier: Apache-2.0

/// Writes changes, in the order of their keys, as blocks of a segment within the open transaction.
struct SegmentWriter {
  private(set) var segment: StateSegment
  /// Bytes of blocks that this writer has written.
  private(set) var writtenBytes = 0
  /// Whether what was added was damaged where it came from; it must not become whole on the way.
  var isDamaged = false
  private var block = StateBlock()
  private let database: Database

  /// Goes on with a segment, or begins one.
  init(_ segment: StateSegment, _ database: Database) {
    self.segment = segment
    self.database = database
  }

  /// Bytes that were added, written or not.
  var addedBytes: Int { writtenBytes + block.bytes.count }

  mutating func add(
    _ key: UnsafeRawBufferPointer,
    _ value: UnsafeRawBufferPointer?
  ) throws(StorageError) {
    if block.isFull(for: key.count, value?.count ?? 0) { try writeBlock() }
    block.add(key, value)
  }

  /// Writes what is left, and the segment's row.
  mutating func finish(_ status: StateSegment.Status) throws(StorageError) -> StateSegment {
    if !block.isEmpty { try writeBlock() }
    segment.status = status
    try segment.put(database)
    return segment
  }

  private mutating func writeBlock() throws(StorageError) {
    try write(block)
    block.clear()
  }

  /// Writes a block whose keys are greater than those before; nothing that was added waits.
  mutating func write(_ block: StateBlock) throws(StorageError) {
    let row = segment.row(segment.blocks)
    let key = block.lastKey
    let pipeline = segment.pipeline.rawValue
    let keyed = key.withUnsafeBytes {
      Checksum.ofBlockKey(pipeline: pipeline, row: row, lastKey: $0)
    }
    var checksum = block.bytes.withUnsafeBytes { Checksum.ofBlock(keyed, $0) }
    if isDamaged { checksum = ~checksum }
    let insert = try database.statement(.insertBlock)
    insert.bind(row, at: 1)
    insert.bind(keyed, at: 2)
    insert.bind(checksum, at: 3)
    insert.bind(key, at: 4)
    let result = block.bytes.withUnsafeBytes { bytes in
      Result { () throws(StorageError) in
        insert.bind(borrowing: bytes, at: 5)
        try insert.run()
      }
    }
    try result.get()
    segment.blocks += 1
    segment.bytes += Int64(block.bytes.count)
    segment.changes += Int64(block.changes)
    writtenBytes += block.bytes.count
    isDamaged = false
  }
}
