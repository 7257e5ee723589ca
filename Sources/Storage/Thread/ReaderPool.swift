// SPDX-License-Identifier: Apache-2.0

/// Threads that read, each by a connection of its own that can't write: they never hold up a writer.
final class ReaderPool: Sendable {
  typealias Job = @Sendable (Result<Database, StorageError>) -> Void

  /// A connection that waits for its next use.
  // Taken out by one thread at a time, which alone uses it until it puts it back.
  private struct Idle: @unchecked Sendable { let database: Database }

  private struct State {
    var idle: [Idle] = []
    /// Connections that are in use.
    var busy = 0
    /// How many want that nobody reads.
    var pauses = 0
    /// Goes up when connections that are in use shall not be used again.
    var generation = 0
    var running = 0
  }

  private let monitor = Monitor(State())
  private let queue: WorkQueue<Job>
  private let path: String
  private let settings: StorageSettings

  init(_ path: String, settings: StorageSettings) {
    self.path = path
    self.settings = settings
    queue = WorkQueue(maximumCount: settings.maximumQueuedReads, maximumBytes: .max)
  }

  /// Starts the threads.
  func start() throws(StorageError) {
    for number in 1...max(1, settings.readers) {
      monitor.withLock { state in
        state.running += 1
        return ((), false)
      }
      if DedicatedThread.start("weir-read-\(number)", { self.run() }) { continue }
      noteEnd()
      throw StorageError(.outOfMemory, operation: "start a thread", path: path)
    }
  }

  /// Has a job done by one of the threads.
  func submit(_ job: @escaping Job) throws(StorageError) {
    switch queue.offer(job, bytes: 0) {
    case nil: return
    case .closed: throw StorageError(.closed, operation: "read", path: path)
    case .count(let limit), .bytes(let limit):
      throw StorageError(.overloaded(limit: limit, unit: "reads"), operation: "read", path: path)
    }
  }

  private func run() {
    while let job = queue.takeOne() { withConnection(job) }
    noteEnd()
  }

  private func noteEnd() {
    monitor.withLock { state in
      state.running -= 1
      return ((), true)
    }
  }

  /// Calls `job` with a connection that nobody else uses.
  private func withConnection(_ job: Job) {
    let (idle, generation) = monitor.wait { state -> (Idle?, Int)? in
      guard state.pauses == 0 else { return nil }
      state.busy += 1
      return (state.idle.popLast(), state.generation)
    }
    var database = idle?.database
    job(connection(&database))
    let kept = database.map { Idle(database: $0) }
    database = nil
    giveBack(kept, generation)
  }

  private func connection(_ database: inout Database?) -> Result<Database, StorageError> {
    if let database { return .success(database) }
    return Result { () throws(StorageError) in
      let opened = try Database(path, .read, system: settings.system)
      try opened.configureReader(cacheBytes: settings.cacheBytes)
      database = opened
      return opened
    }
  }

  private func giveBack(_ idle: consuming Idle?, _ generation: Int) {
    monitor.withLock { state in
      if let idle, generation == state.generation { state.idle.append(idle) }
      return ((), false)
    }
    // One that is not kept is closed here, before it counts as gone.
    _ = consume idle
    monitor.withLock { state in
      state.busy -= 1
      return ((), true)
    }
  }

  // MARK: For the writer

  /// Calls `body` while nobody reads; who reads ends his batch first, who wants to waits.
  func whilePaused(_ body: () throws(StorageError) -> Void) throws(StorageError) {
    pause()
    defer { resume() }
    try body()
  }

  /// Closes all connections; the next reads open new ones.
  func forgetConnections() {
    pause()
    let idle = monitor.withLock { state in
      state.generation += 1
      defer { state.idle = [] }
      return (state.idle, false)
    }
    _ = consume idle
    resume()
  }

  private func pause() {
    monitor.withLock { state in
      state.pauses += 1
      return ((), false)
    }
    monitor.wait { $0.busy == 0 ? () : nil }
  }

  private func resume() {
    monitor.withLock { state in
      state.pauses -= 1
      return ((), true)
    }
  }

  /// Takes nothing more.
  func stop() { queue.close() }

  /// Ends the threads when what waits is read, and closes their connections.
  func close() {
    queue.close()
    monitor.wait { $0.running == 0 ? () : nil }
    forgetConnections()
  }

  var statistics: QueueStatistics { queue.statistics }
}
