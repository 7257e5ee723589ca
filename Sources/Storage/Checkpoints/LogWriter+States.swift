// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The state of pipelines: each has parts by key, of which only those that changed are written, side
/// by side, in the transaction of the entries that they belong to.
extension LogWriter {
  /// Refuses changes that can't be stored, before anything of their commit is written.
  func judge(_ state: StateBlocks, _ database: Database) throws(StorageError) {
    guard pipelines[state.pipeline] != nil else {
      throw refusal(.unknown(what: "pipeline"), "store")
    }
    if let reason = state.refusal { throw refusal(reason, "store") }
    guard try segments(database).hasRoom else {
      throw refusal(.exhausted(what: "segments of state"), "store")
    }
  }

  /// Makes changes the newest segment of a state, in the open transaction; of those that are staged only
  /// the rest is written.
  func insert(_ state: StateBlocks, _ database: Database) throws(StorageError) {
    let table = try segments(database)
    let segment = try nextSegment(state, table)
    var writer = SegmentWriter(segment, database)
    for block in state.blocks[Int(segment.blocks)...] { try writer.write(block) }
    let stored = try writer.finish(.live)
    table.append(stored)
    try table.noteDropped(state.droppedTables, state.pipeline, database)
    statistics.stateBytes += UInt64(stored.bytes)
    mergeDebt += StateTuning.debt(stored)
  }

  /// The segment of the next commit that changes a state: what is staged of it, or a new one.
  func nextSegment(
    _ state: StateBlocks,
    _ table: SegmentTable
  ) throws(StorageError) -> StateSegment {
    if let begun = takeStaged(state, table) { return begun }
    let number = table.nextNumber(state.pipeline)
    guard let segment = table.make(number...number, state.pipeline) else {
      throw refusal(.exhausted(what: "segments of state"), "store")
    }
    return segment
  }

  /// Forgets what the open transaction has changed of state and of what is deleted: it has failed.
  ///
  /// What was staged is deleted as what any process has left.
  func forgetStates() {
    staged = nil
    segmentTable = nil
    knownDiscarded = nil
  }

  /// The segments of all pipelines, read anew after a transaction has failed.
  func segments(_ database: Database) throws(StorageError) -> SegmentTable {
    if let segmentTable { return segmentTable }
    let table = try SegmentTable(database)
    segmentTable = table
    return table
  }

  func openPipeline(
    _ name: String,
    _ definition: String,
    _ database: Database
  ) throws(StorageError) -> OpenedPipeline {
    try checkName(name, "open pipeline")
    let limit = StorageLimits.definitionBytes
    guard definition.utf8.count <= limit else {
      throw refusal(.tooLarge(limit: limit, unit: "bytes of a definition"), "open pipeline")
    }
    var opened = try findPipeline(name, database)
    if opened == nil { opened = try insertPipeline(name, definition, database) }
    guard let opened else { throw refusal(.unexpected, "open pipeline") }
    // A number is not used again, so it does no harm if the transaction fails.
    pipelines[opened.id] = name
    return opened
  }

  private func findPipeline(
    _ name: String,
    _ database: Database
  ) throws(StorageError) -> OpenedPipeline? {
    let find = try database.statement(.findPipeline)
    defer { find.reset() }
    find.bind(name, at: 1)
    guard try find.step() else { return nil }
    let id = PipelineID(rawValue: find.int64(0))
    return OpenedPipeline(id: id, definition: find.text(1), wasThere: true)
  }

  private func insertPipeline(
    _ name: String,
    _ definition: String,
    _ database: Database
  ) throws(StorageError) -> OpenedPipeline {
    let insert = try database.statement(.insertPipeline)
    defer { insert.reset() }
    insert.bind(name, at: 1)
    insert.bind(definition, at: 2)
    guard try insert.step() else { throw refusal(.unexpected, "open pipeline") }
    let id = PipelineID(rawValue: insert.int64(0))
    while try insert.step() {}
    return OpenedPipeline(id: id, definition: definition, wasThere: false)
  }

  func resetPipeline(
    _ pipeline: PipelineID,
    _ definition: String,
    _ database: Database
  ) throws(StorageError) {
    guard pipelines[pipeline] != nil else {
      throw refusal(.unknown(what: "pipeline"), "reset pipeline")
    }
    // What is large is deleted bit by bit; from now on nobody reads it.
    for segment in try segments(database).reset(pipeline) { try segment.put(database) }
    let update = try database.statement(.updatePipeline)
    update.bind(pipeline.rawValue, at: 1)
    update.bind(definition, at: 2)
    try update.run()
  }
}
