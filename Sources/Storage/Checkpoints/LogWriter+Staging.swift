// SPDX-License-Identifier: Apache-2.0

/// What is written of a state before the commit that makes it count.
struct StagedSegment {
  let state: StateBlocks
  /// Its row says that it is dead: so it is deleted if the process ends here.
  let segment: StateSegment
}

/// Staging: a state that is more than one step is written bit by bit between transactions, so that
/// nobody who publishes waits for all of it.
extension LogWriter {
  /// Writes a step's worth, in a transaction that is not synced: the commit is.
  ///
  /// - Parameter state: What is to be committed next of its pipeline's state.
  /// - Returns: Whether more is left than one step.
  /// - Throws: ``StorageError``; nothing is staged then.
  func stage(_ state: StateBlocks) throws(StorageError) -> Bool {
    let database = try connected()
    try judgeWriteAhead()
    try synchronize(false, database)
    let table = try segments(database)
    let begun = try nextSegment(state, table)
    let transaction = try Transaction(writing: database)
    var writer = SegmentWriter(begun, database)
    for block in state.blocks[Int(begun.blocks)...] where writer.writtenBytes < stepBytes {
      try writer.write(block)
    }
    let segment = try writer.finish(.dead)
    try transaction.commit()
    staged = StagedSegment(state: state, segment: segment)
    return state.bytes(fromBlock: Int(segment.blocks)) > stepBytes
  }

  private var stepBytes: Int { settings.stateStepBytes }

  /// Takes what is staged of a state, to go on with it.
  ///
  /// - Returns: `nil` if there is nothing, or it no longer fits the state that is stored.
  func takeStaged(_ state: StateBlocks, _ table: SegmentTable) -> StateSegment? {
    guard let staged, staged.state === state else { return nil }
    guard staged.segment.numbers.lowerBound == table.nextNumber(state.pipeline) else {
      dropStaged()
      return nil
    }
    self.staged = nil
    return staged.segment
  }

  /// Leaves what is staged to be deleted: its commit was refused.
  func dropStaged() {
    guard let staged else { return }
    segmentTable?.discard(staged.segment)
    self.staged = nil
  }
}
