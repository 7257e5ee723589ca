// SPDX-License-Identifier: Apache-2.0

/// Goes through the changes of one segment in the order of their keys, a block at a time in memory.
///
/// A block that is not there or does not have its checksum is an error; nothing of it is given.
final class SegmentCursor {
  private let segment: StateSegment
  private let database: Database
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 8)
  /// The bytes of the block in the buffer.
  private var length = 0
  /// The block that is loaded next.
  private var nextBlock: Int64
  private var place: StateBlock.Place?

  /// Begins at the first change with a key greater than `key`; an empty one is less than all.
  init(_ segment: StateSegment, after key: [UInt8], _ database: Database) throws(StorageError) {
    self.segment = segment
    self.database = database
    nextBlock = 0
    nextBlock = try findBlock(after: key)
    try advance()
    while let current = self.key, isNotBehind(current, key) { try advance() }
  }

  deinit { buffer.deallocate() }

  private func isNotBehind(_ current: UnsafeRawBufferPointer, _ key: [UInt8]) -> Bool {
    key.withUnsafeBytes { KeyOrder.compare(current, $0) <= 0 }
  }

  private var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffer[..<length])
  }

  /// The key of the change at which it stands, until it advances; `nil` at the end.
  var key: UnsafeRawBufferPointer? {
    place.map { UnsafeRawBufferPointer(rebasing: buffer[$0.key]) }
  }

  /// The value there; `nil` if the key is gone.
  var value: UnsafeRawBufferPointer? {
    place?.value.map { UnsafeRawBufferPointer(rebasing: buffer[$0]) }
  }

  /// Goes to the next change.
  func advance() throws(StorageError) {
    var start = place?.end ?? length
    if start == length {
      guard nextBlock < segment.blocks else {
        place = nil
        return
      }
      try load(nextBlock)
      nextBlock += 1
      start = 0
    }
    place = StateBlock.place(bytes, at: start)
    if place == nil { throw damaged }
  }

  /// The first block with a key that is greater.
  private func findBlock(after key: [UInt8]) throws(StorageError) -> Int64 {
    var (low, high) = (Int64(0), key.isEmpty ? 0 : segment.blocks)
    while low < high {
      let middle = low + (high - low) / 2
      guard let last = try segment.lastKey(ofBlock: middle, database) else { throw damaged }
      if KeyOrder.compare(last, key) <= 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func load(_ block: Int64) throws(StorageError) {
    let statement = try database.statement(.readBlock)
    defer { statement.reset() }
    let row = segment.row(block)
    statement.bind(row, at: 1)
    guard try statement.step(), statement.int64(0) == StateBlock.format else { throw damaged }
    let stored = statement.bytes(3)
    let keyed = Checksum.ofBlockKey(
      pipeline: segment.pipeline.rawValue,
      row: row,
      lastKey: statement.bytes(2)
    )
    guard Checksum.ofBlock(keyed, stored) == statement.int64(1) else { throw damaged }
    if buffer.count < stored.count {
      buffer.deallocate()
      buffer = .allocate(byteCount: max(stored.count, StateBlock.usualBytes), alignment: 8)
    }
    buffer.copyMemory(from: stored)
    length = stored.count
  }

  private var damaged: StorageError {
    StorageError(.damagedState(pipeline: ""), operation: "read state", path: database.path)
  }
}
