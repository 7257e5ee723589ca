// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The state of pipelines: each has parts by key, of which only those that changed are written, side
/// by side, in the transaction of the entries that they belong to.
extension LogWriter {
  func judge(_ change: StateChange) throws(StorageError) {
    guard pipelines[change.pipeline] != nil else {
      throw refusal(.unknown(what: "pipeline"), "store")
    }
    guard 1...StorageLimits.stateKeyBytes ~= change.key.count else {
      throw refusal(.tooLarge(limit: StorageLimits.stateKeyBytes, unit: "bytes of a key"), "store")
    }
    guard (change.value?.count ?? 0) <= StorageLimits.stateBytes else {
      throw refusal(.tooLarge(limit: StorageLimits.stateBytes, unit: "bytes of state"), "store")
    }
  }

  /// Writes the changes of the open transaction, as a segment for each pipeline.
  func flushStates(_ database: Database) throws(StorageError) {
    guard !stateBuffer.isEmpty else { return }
    let table = try segments(database)
    try stateBuffer.forEachPipeline { pipeline, changes throws(StorageError) in
      try insertSegment(changes, of: pipeline, table, database)
    }
    stateBuffer.clear()
  }

  private func insertSegment(
    _ changes: [StateChange],
    of pipeline: PipelineID,
    _ table: SegmentTable,
    _ database: Database
  ) throws(StorageError) {
    let number = table.nextNumber(pipeline)
    // Of a key that is gone nothing has to be said where nothing is older.
    let kept = number == 1 ? changes.filter { $0.value != nil } : changes
    guard !kept.isEmpty else { return }
    guard let segment = table.make(number...number, pipeline) else {
      throw refusal(.exhausted(what: "segments of state"), "store")
    }
    var writer = SegmentWriter(segment, database)
    for change in kept { try writer.add(change) }
    let stored = try writer.finish(.live)
    table.append(stored)
    let dropped = kept.lazy.compactMap { StateKey.table(of: $0.key) }
      .filter { $0.kind == StateKey.dropped }.map(\.number)
    try table.noteDropped(Array(dropped), pipeline, database)
    statistics.stateBytes += UInt64(stored.bytes)
    mergeDebt += StateTuning.debt(stored)
  }

  /// Forgets what the open transaction has changed of state and of what is deleted: it has failed.
  func forgetStates() {
    stateBuffer.clear()
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
    stateBuffer.forget(pipeline)
    // What is large is deleted bit by bit; from now on nobody reads it.
    for segment in try segments(database).reset(pipeline) { try segment.put(database) }
    let update = try database.statement(.updatePipeline)
    update.bind(pipeline.rawValue, at: 1)
    update.bind(definition, at: 2)
    try update.run()
  }
}
