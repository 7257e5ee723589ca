// SPDX-License-Identifier: Apache-2.0

/// Changes of a pipeline's state that were stored together: those of a commit, or what several older
/// segments were merged into.
///
/// A state is what its segments say, the newest first. Their ranges of numbers follow each other
/// from 1, so one that is missing shows.
struct StateSegment: Hashable, Sendable {
  enum Status: Int64 {
    /// A part of the state.
    case live = 1
    /// Being made of the segments in its range; not yet a part of the state.
    case merging = 2
    /// No longer a part of the state; its blocks are deleted bit by bit.
    case dead = 3
  }

  /// Names it within the database.
  let id: Int64
  let pipeline: PipelineID
  /// The first and last number of the commits whose changes it holds.
  let numbers: ClosedRange<Int64>
  var status: Status
  /// Its rows in the table of blocks.
  var blocks: Int64 = 0
  /// The bytes of its blocks.
  var bytes: Int64 = 0
  /// The changes in them.
  var changes: Int64 = 0

  /// Whether the ranges of segments, the oldest first, follow each other from the first of `numbers`
  /// to the last.
  static func follow(_ segments: [StateSegment], _ numbers: ClosedRange<Int64>) -> Bool {
    var next = numbers.lowerBound
    for segment in segments {
      guard segment.numbers.lowerBound == next else { return false }
      next = segment.numbers.upperBound + 1
    }
    return next == numbers.upperBound + 1
  }

  // MARK: Numbers of blocks

  private static let blockBits: Int64 = 22
  /// The most blocks of a segment: 128 GiB.
  static let maximumBlocks = Int64(1) << blockBits
  /// The greatest number of a segment.
  static let maximumID = Int64(1) << (63 - blockBits) - 1

  /// The number of a block's row.
  func row(_ block: Int64) -> Int64 { Self.firstRow(of: id) | block }
  /// The number of the first block's row of a segment.
  static func firstRow(of id: Int64) -> Int64 { id << blockBits }
  /// All numbers that its blocks may have.
  var rows: ClosedRange<Int64> { row(0)...row(Self.maximumBlocks - 1) }
  /// The segment of a block's row.
  static func id(ofRow row: Int64) -> Int64 { row >> blockBits }
}

// MARK: - Rows

extension StateSegment {
  /// The row at which a statement stands; `nil` if it does not have its checksum.
  init?(_ row: Statement) {
    let (oldest, newest) = (row.int64(2), row.int64(3))
    guard let status = Status(rawValue: row.int64(4)), oldest <= newest else { return nil }
    id = row.int64(1)
    pipeline = PipelineID(rawValue: row.int64(0))
    numbers = oldest...newest
    self.status = status
    blocks = row.int64(5)
    bytes = row.int64(6)
    changes = row.int64(7)
    guard checksum == row.int64(8) else { return nil }
  }

  private var checksum: Int64 {
    Checksum.ofSegment([
      pipeline.rawValue, id, numbers.lowerBound, numbers.upperBound, status.rawValue, blocks, bytes,
      changes,
    ])
  }

  /// Writes its row in the place of the one that is there.
  func put(_ database: Database) throws(StorageError) {
    let put = try database.statement(.putSegment)
    put.bind(pipeline.rawValue, at: 1)
    put.bind(id, at: 2)
    put.bind(numbers.lowerBound, at: 3)
    put.bind(numbers.upperBound, at: 4)
    put.bind(status.rawValue, at: 5)
    put.bind(blocks, at: 6)
    put.bind(bytes, at: 7)
    put.bind(changes, at: 8)
    put.bind(checksum, at: 9)
    try put.run()
  }

  /// Deletes its row, when its blocks are gone.
  func delete(_ database: Database) throws(StorageError) {
    try database.run(.deleteSegment, pipeline.rawValue, id)
  }

  /// The greatest key of a block; `nil` if it is not there or not what was stored.
  func lastKey(ofBlock block: Int64, _ database: Database) throws(StorageError) -> [UInt8]? {
    let probe = try database.statement(.probeBlock)
    defer { probe.reset() }
    probe.bind(row(block), at: 1)
    guard try probe.step() else { return nil }
    let key = probe.bytes(1)
    let checksum = Checksum.ofBlockKey(pipeline: pipeline.rawValue, row: row(block), lastKey: key)
    return checksum == probe.int64(0) ? Array(key) : nil
  }
}
