// SPDX-License-Identifier: Apache-2.0

/// A part of a pipeline's state as it is stored.
public struct StoredState: Hashable, Sendable {
  /// Which part.
  public let key: [UInt8]
  /// Its value.
  public let value: [UInt8]
}

/// Where a read of a pipeline's state begins and how much it gives.
public struct StateReadRequest: Hashable, Sendable {
  /// The pipeline.
  public var pipeline: PipelineID
  /// The key behind which it begins; empty for the start.
  public var after: [UInt8]
  /// The most parts; default 1,000.
  public var limit: Int
  /// The most bytes of values, but for one part; default 1 MiB.
  public var bytes: Int

  /// Makes a request; read on behind the last key until nothing comes.
  public init(
    _ pipeline: PipelineID,
    after: [UInt8] = [],
    limit: Int = 1_000,
    bytes: Int = 1 << 20
  ) {
    precondition(limit > 0 && bytes > 0, "a read gives something")
    self.pipeline = pipeline
    self.after = after
    self.limit = limit
    self.bytes = bytes
  }
}

/// Reads the state of pipelines by one connection.
struct StateReader {
  let database: Database

  init(_ database: Database) {
    self.database = database
  }

  /// Reads parts by key; a part that does not have its checksum is an error, never given.
  func read(_ request: StateReadRequest) throws(StorageError) -> [StoredState] {
    let statement = try database.statement(.readStates)
    defer { statement.reset() }
    statement.bind(request.pipeline.rawValue, at: 1)
    statement.bind(request.after, at: 2)
    statement.bind(Int64(request.limit), at: 3)
    var states: [StoredState] = []
    var left = request.bytes
    while try statement.step() {
      let (key, value) = (statement.bytes(0), statement.bytes(2))
      let checksum = Checksum.ofState(
        pipeline: request.pipeline.rawValue,
        key: key,
        value: value
      )
      guard checksum == statement.int64(1) else { throw try damaged(request.pipeline) }
      guard states.isEmpty || value.count <= left else { break }
      left -= value.count
      states.append(StoredState(key: Array(key), value: Array(value)))
    }
    return states
  }

  private func damaged(_ pipeline: PipelineID) throws(StorageError) -> StorageError {
    let statement = try database.statement(.namePipeline)
    defer { statement.reset() }
    statement.bind(pipeline.rawValue, at: 1)
    let name = try statement.step() ? statement.text(0) : ""
    return StorageError(.damagedState(pipeline: name), operation: "read state", path: database.path)
  }
}
