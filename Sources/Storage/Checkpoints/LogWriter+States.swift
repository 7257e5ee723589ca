// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The state of pipelines: each has parts by key, of which only those that changed are written, in
/// the transaction of the entries that they belong to.
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

  func write(_ change: StateChange, _ database: Database) throws(StorageError) {
    guard let value = change.value else {
      let delete = try database.statement(.deleteState)
      delete.bind(change.pipeline.rawValue, at: 1)
      delete.bind(change.key, at: 2)
      return try delete.run()
    }
    let checksum = change.key.withUnsafeBytes { key in
      value.withUnsafeBytes { value in
        Checksum.ofState(pipeline: change.pipeline.rawValue, key: key, value: value)
      }
    }
    let put = try database.statement(.putState)
    put.bind(change.pipeline.rawValue, at: 1)
    put.bind(change.key, at: 2)
    put.bind(checksum, at: 3)
    put.bind(value, at: 4)
    try put.run()
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
    let delete = try database.statement(.deleteStates)
    delete.bind(pipeline.rawValue, at: 1)
    try delete.run()
    let update = try database.statement(.updatePipeline)
    update.bind(pipeline.rawValue, at: 1)
    update.bind(definition, at: 2)
    try update.run()
  }
}
