// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The thread that alone writes: what came while its last transaction ran goes into the next one.
final class StorageThread: Sendable {
  /// What others may ask of the thread.
  private struct Status {
    var isRunning = true
    var statistics = WriterStatistics()
    var trouble: StorageError?
  }

  private let queue: WorkQueue<WriteRequest>
  private let status = Monitor(Status())
  private let settings: StorageSettings
  private let clock: any EngineClock
  private let path: String

  init(_ path: String, settings: StorageSettings, clock: any EngineClock) {
    self.path = path
    self.settings = settings
    self.clock = clock
    queue = WorkQueue(
      maximumCount: settings.maximumQueuedRequests,
      maximumBytes: settings.maximumQueuedBytes
    )
  }

  /// Opens the database on the thread and answers when it is open.
  ///
  /// - Parameters:
  ///   - readers: Who reads the same file.
  ///   - hold: What is let go when the database is closed.
  /// - Returns: What was found.
  /// - Throws: ``StorageError``; the thread has ended then.
  func start(
    _ readers: ReaderPool,
    holding hold: DirectoryHold
  ) throws(StorageError) -> StartFindings {
    let opened = Monitor<Result<StartFindings, StorageError>?>(nil)
    let isStarted = DedicatedThread.start("weir-store") {
      do throws(StorageError) {
        let writer = try LogWriter(self.path, settings: self.settings)
        writer.readers = readers
        let writeBacks = WriteBackThread(self.path, settings: self.settings)
        // Without a thread for it the writing thread does it.
        if writeBacks.start() { try writer.helpWriteBack(writeBacks) }
        opened.withLock { value in
          value = .success(writer.findings)
          return ((), true)
        }
        self.run(writer)
      } catch {
        opened.withLock { value in
          value = .failure(error)
          return ((), true)
        }
      }
      hold.release()
      self.end()
    }
    guard isStarted else {
      throw StorageError(.outOfMemory, operation: "start a thread", path: path)
    }
    return try opened.wait { $0 }.get()
  }

  /// Gives the thread something to write.
  ///
  /// - Throws: ``StorageError`` if too much waits or the store is closed; nobody is told else.
  func submit(_ request: WriteRequest) throws(StorageError) {
    let reason: StorageError.Reason
    switch queue.offer(request, bytes: request.bytes) {
    case nil: return
    case .closed: reason = .closed
    case .count(let limit): reason = .overloaded(limit: limit, unit: "requests")
    case .bytes(let limit): reason = .overloaded(limit: limit, unit: "bytes")
    }
    throw StorageError(reason, operation: "write", path: path)
  }

  /// Takes nothing more, serves what waits, then ends.
  func stop() { queue.close() }

  /// Does so and answers when the database is closed.
  func close() {
    stop()
    status.wait { $0.isRunning ? nil : () }
  }

  var queueStatistics: QueueStatistics { queue.statistics }
  var statistics: WriterStatistics { status.withLock { ($0.statistics, false) } }

  var trouble: StorageError? { status.withLock { ($0.trouble, false) } }

  // MARK: On the thread

  private func run(_ writer: LogWriter) {
    var upkeep = Upkeep()
    var tasks: [WriteRequest.Step] = []
    var staging = Staging()
    // What is staged, for the next transaction.
    var group: [WriteRequest] = []
    loop: while true {
      let isBusy = !tasks.isEmpty || staging.isBusy(writer) || !group.isEmpty
      let pause = isBusy ? 0 : upkeep.pause(isAwaited: !staging.isEmpty)
      switch queue.takeGroup(maximumBytes: settings.maximumGroupBytes, waitingMilliseconds: pause) {
      case .work(var requests):
        for index in requests.indices where requests[index].isSteps {
          if case .steps(let step) = requests[index] { tasks.append(step) }
        }
        staging.hold(&requests, writer)
        if group.isEmpty { group = requests } else { group += requests }
      case .idle: break
      case .ended where !isBusy && staging.isEmpty: break loop
      case .ended: staging.isClosing = true
      }
      if !group.isEmpty {
        writer.serve(group)
        staging.noteServed(writer)
        group = []
        upkeep.noteServed()
      }
      if let request = staging.step(writer) { group.append(request) }
      upkeep.run(writer, now: clock.now)
      tasks.removeAll { !$0(writer) }
      publish(writer)
    }
    writer.close()
  }

  private func publish(_ writer: LogWriter) {
    status.withLock { status in
      status.statistics = writer.statistics
      status.trouble = writer.shownTrouble
      return ((), false)
    }
  }

  private func end() {
    status.withLock { status in
      status.isRunning = false
      return ((), true)
    }
  }
}
