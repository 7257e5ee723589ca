// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// How segments are merged; found by measuring, see docs/decisions.
enum StateTuning {
  /// Bytes of blocks that a step deletes for each byte that one writes: that is less work.
  static let deletedBytes = 4
  /// The most segments that a step deletes.
  static let deletedSegments = 64
  /// The most keys that a step of merging looks at.
  static let stepChanges = 16_384
  /// How often a byte is written again by merging, about.
  private static let rewrites = 10
  /// A segment is not less work than this, however small it is.
  private static let leastBytes: Int64 = 4 << 10
  /// Steps that may be left while merging rests between them.
  private static let restfulSteps = 128
  /// Beyond these, steps that may be left for which there is a further one at a time.
  private static let stepsLeft = 64
  /// Steps that may be left before commits that change much state wait: so that there are more than a few
  /// at a time only after one that is very large, or many small ones, which don't wait.
  private static let mostSteps = 512

  /// The work that a new segment makes later.
  static func debt(_ segment: StateSegment) -> Int {
    Int(max(segment.bytes, leastBytes)) * rewrites
  }

  /// Whether merging should not rest.
  static func isPressing(debt: Int, stepBytes: Int) -> Bool { debt / stepBytes > restfulSteps }

  /// Whether so much is left that more should wait until it is merged.
  static func isTooMuch(debt: Int, stepBytes: Int) -> Bool { debt / stepBytes > mostSteps }

  /// How many steps are taken between two transactions: one, so that nobody waits for long, and more so
  /// that merging keeps up with whatever is written.
  static func steps(debt: Int, stepBytes: Int) -> Int {
    1 + max(0, debt / stepBytes - restfulSteps) / stepsLeft
  }
}

/// Merging: segments of a state become fewer, bit by bit between transactions.
///
/// Where a merge stands is told by the last key of what it has written, so it goes on after whatever
/// has interrupted it. Nobody reads of it before one transaction puts it in the place of what it was
/// made of. Steps are not synced: what a power loss takes back is done again.
extension LogWriter {
  /// Does some steps; answers whether there is more to do.
  func mergeStates() throws(StorageError) -> Bool {
    let stepBytes = settings.stateStepBytes
    for _ in 0..<StateTuning.steps(debt: mergeDebt, stepBytes: stepBytes) {
      guard try mergeStep() else {
        mergeDebt = 0
        return false
      }
      mergeDebt = max(0, mergeDebt - stepBytes)
    }
    return true
  }

  /// Whether commits that change much state should wait.
  var isMergingTooMuch: Bool {
    StateTuning.isTooMuch(debt: mergeDebt, stepBytes: settings.stateStepBytes)
  }

  private func mergeStep() throws(StorageError) -> Bool {
    let database = try connected()
    let table = try segments(database)
    if !table.dead.isEmpty {
      try deleteDead(table, database)
      return true
    }
    guard let segment = table.nextMerge() else { return false }
    try goOn(segment, table, database)
    return true
  }

  /// Writes a step's worth of a merge, in a transaction.
  private func goOn(
    _ segment: StateSegment,
    _ table: SegmentTable,
    _ database: Database
  ) throws(StorageError) {
    try synchronize(false, database)
    let transaction = try Transaction(writing: database)
    do throws(StorageError) {
      var writer = SegmentWriter(segment, database)
      let isDone = try merge(table.inputs(of: segment), into: &writer, database)
      let written = try writer.finish(isDone ? .live : .merging)
      if isDone {
        for dead in try table.finishMerging(written, database) { try dead.put(database) }
      } else {
        table.setMerging(written)
      }
      try transaction.commit()
      statistics.mergedBytes += UInt64(writer.writtenBytes)
      statistics.mergeSteps += 1
    } catch {
      guard case .damagedState = error.reason else { throw error }
      // Whoever reads it is told; what there is stays as it is.
      table.setDamaged(segment.pipeline)
    }
  }

  /// Answers whether all is merged.
  private func merge(
    _ inputs: [StateSegment],
    into writer: inout SegmentWriter,
    _ database: Database
  ) throws(StorageError) -> Bool {
    let segment = writer.segment
    guard StateSegment.follow(inputs, segment.numbers) else { throw damagedState() }
    var after: [UInt8] = []
    if segment.blocks > 0 {
      guard let last = try segment.lastKey(ofBlock: segment.blocks - 1, database) else {
        throw damagedState()
      }
      after = last
    }
    let isFirst = segment.numbers.lowerBound == 1
    var merge = try SegmentMerge(inputs.reversed(), after: after, database)
    for seen in 1...StateTuning.stepChanges where writer.addedBytes < settings.stateStepBytes {
      guard let change = try merge.next(), let key = change.key else { return true }
      // That a key or a table is gone must be known as long as an older segment may have it. The last
      // one of a step says where the next one goes on.
      let isNews = change.value == nil || merge.tellsOfDropped
      let isOver = merge.isDropped || isFirst && isNews
      if isOver, seen < StateTuning.stepChanges { continue }
      try writer.add(key, isOver ? nil : change.value)
    }
    return false
  }

  /// Has merged what could have been for long.
  func findUnmerged(now: Timestamp) throws(StorageError) {
    try segments(try connected()).note(now)
  }

  private func damagedState() -> StorageError {
    refusal(.damagedState(pipeline: ""), "merge state")
  }

  // MARK: Deleting

  /// Deletes a step's worth of dead segments: a large one in several steps, many small ones in one.
  private func deleteDead(_ table: SegmentTable, _ database: Database) throws(StorageError) {
    try synchronize(false, database)
    let transaction = try Transaction(writing: database)
    var left = Int64(StateTuning.deletedBytes * settings.stateStepBytes)
    var gone = 0
    while left > 0, gone < min(StateTuning.deletedSegments, table.dead.count) {
      let segment = table.dead[gone]
      let usual = max(1, segment.bytes / max(1, segment.blocks))
      let count = max(1, left / usual)
      if let first = try firstBlock(in: segment.rows, database) {
        let last = min(first + count - 1, segment.rows.upperBound)
        try database.run(.deleteBlocks, first, last)
      }
      let bytes = usual * min(count, max(1, segment.blocks))
      vacuum.deletedRows += Int(bytes) / VacuumState.rowBytes
      left -= bytes
      if try firstBlock(in: segment.rows, database) == nil {
        try segment.delete(database)
        gone += 1
      }
    }
    try transaction.commit()
    table.forgetDead(gone)
  }

  private func firstBlock(
    in rows: ClosedRange<Int64>,
    _ database: Database
  ) throws(StorageError) -> Int64? {
    let first = try database.statement(.firstBlock)
    defer { first.reset() }
    first.bind(rows.lowerBound, at: 1)
    first.bind(rows.upperBound, at: 2)
    return try first.step() ? first.int64(0) : nil
  }
}
