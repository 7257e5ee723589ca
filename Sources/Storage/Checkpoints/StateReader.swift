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

  /// Reads parts by key, each as its newest change has it.
  ///
  /// A block of each segment is in memory: 32 KiB, or as much as the largest part in it.
  /// - Throws: ``StorageError``, with reason `damagedState` if something of what is read is not what
  ///   was stored, or not there.
  func read(_ request: StateReadRequest) throws(StorageError) -> [StoredState] {
    let transaction = try Transaction(reading: database)
    do throws(StorageError) {
      let states = try readParts(request)
      transaction.end()
      return states
    } catch {
      guard case .damagedState = error.reason else { throw error }
      throw try named(error, request.pipeline)
    }
  }

  private func readParts(_ request: StateReadRequest) throws(StorageError) -> [StoredState] {
    let segments = try readSegments(request.pipeline)
    var merge = try SegmentMerge(segments, after: request.after, database)
    var states: [StoredState] = []
    var left = request.bytes
    while states.count < request.limit, let change = try merge.next() {
      guard !merge.isDropped, let key = change.key, let value = change.value else { continue }
      guard states.isEmpty || value.count <= left else { break }
      left -= value.count
      states.append(StoredState(key: Array(key), value: Array(value)))
    }
    return states
  }

  /// The segments that are the state, the newest first.
  private func readSegments(_ pipeline: PipelineID) throws(StorageError) -> [StateSegment] {
    let statement = try database.statement(.readSegments)
    defer { statement.reset() }
    statement.bind(pipeline.rawValue, at: 1)
    var segments: [StateSegment] = []
    while try statement.step() {
      guard let segment = StateSegment(statement) else { throw damaged }
      if segment.status == .live { segments.append(segment) }
    }
    segments.sort { $0.numbers.lowerBound < $1.numbers.lowerBound }
    let newest = segments.last?.numbers.upperBound ?? 1
    guard segments.isEmpty || StateSegment.follow(segments, 1...newest) else { throw damaged }
    return segments.reversed()
  }

  private var damaged: StorageError {
    StorageError(.damagedState(pipeline: ""), operation: "read state", path: database.path)
  }

  /// The same error with the pipeline's name.
  private func named(
    _ error: StorageError,
    _ pipeline: PipelineID
  ) throws(StorageError) -> StorageError {
    let statement = try database.statement(.namePipeline)
    defer { statement.reset() }
    statement.bind(pipeline.rawValue, at: 1)
    let name = try statement.step() ? statement.text(0) : ""
    return StorageError(
      .damagedState(pipeline: name),
      operation: error.operation,
      path: database.path
    )
  }
}
