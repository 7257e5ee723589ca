// SPDX-License-Identifier: Apache-2.0

/// The same calls for tasks: cancelling does not take back what was handed over.
extension EventLog {
  /// Makes a commit durable; see ``append(_:completion:)``.
  ///
  /// - Returns: A receipt for each append.
  /// - Throws: ``StorageError``; nothing of the commit was acknowledged.
  public func append(_ commit: LogCommit) async throws(StorageError) -> [AppendReceipt] {
    try await answer { completion throws(StorageError) in
      try append(commit, completion: completion)
    }
  }

  /// Makes one append durable, as a commit of its own.
  ///
  /// - Returns: Its receipt.
  /// - Throws: ``StorageError``; it was not acknowledged.
  public func append(_ append: LogAppend) async throws(StorageError) -> AppendReceipt {
    try await answer { completion throws(StorageError) in
      try self.append(append, completion: completion)
    }
  }

  /// Opens a topic, made if it is not there; it has these rules from now on.
  ///
  /// - Throws: ``StorageError``; a new topic was not made.
  public func openTopic(
    _ name: String,
    _ rules: StorageRules = StorageRules()
  ) async throws(StorageError) -> StoredTopic {
    try await answer { completion throws(StorageError) in
      try openTopic(name, rules, completion: completion)
    }
  }

  /// All topics as they are, by name.
  ///
  /// - Throws: ``StorageError`` if too much waits or the log is closed.
  public func topics() async throws(StorageError) -> [StoredTopic] {
    try await answer(readTopics)
  }

  func readTopics(
    _ completion: @escaping @Sendable (Result<[StoredTopic], StorageError>) -> Void
  ) throws(StorageError) {
    try visit({ $0.topics.all.sorted { $0.name < $1.name } }, completion: completion)
  }

  /// Does something on the writing thread, between transactions.
  func visit<Value: Sendable>(
    _ body: @escaping @Sendable (LogWriter) throws(StorageError) -> Value,
    completion: @escaping @Sendable (Result<Value, StorageError>) -> Void
  ) throws(StorageError) {
    try thread.submit(
      .steps { writer in
        completion(Result { () throws(StorageError) in try body(writer) })
        return false
      }
    )
  }

  /// Deletes a topic with its entries, marks and keys.
  ///
  /// - Throws: ``StorageError``; it is there still.
  public func deleteTopic(_ topic: StoredTopic) async throws(StorageError) {
    try await answer { completion throws(StorageError) in
      try thread.submit(.deleteTopic(topic.id, completion))
    }
  }

  /// Reads entries and marks; see ``read(_:completion:)``.
  ///
  /// - Throws: ``StorageError``; with reason `damaged` names the entries that are damaged or gone.
  public func read(_ request: ReadRequest) async throws(StorageError) -> StoredBatch {
    try await answer { completion throws(StorageError) in
      try read(request, completion: completion)
    }
  }

  // MARK: Pipelines

  /// Opens a pipeline, made if it is not there.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - definition: What makes its state its own: stages, versions, inputs, as text.
  /// - Returns: With the definition under which its state was stored. If that is another, the caller
  ///   migrates the state or calls ``reset(_:definition:)``.
  /// - Throws: ``StorageError``; nothing was changed.
  public func openPipeline(
    _ name: String,
    definition: String
  ) async throws(StorageError) -> OpenedPipeline {
    try await answer { completion throws(StorageError) in
      try thread.submit(.openPipeline(name, definition: definition, completion))
    }
  }

  /// Forgets the state of a pipeline and gives it another definition.
  ///
  /// - Throws: ``StorageError``; nothing was changed.
  public func reset(
    _ pipeline: PipelineID,
    definition: String
  ) async throws(StorageError) {
    try await answer { completion throws(StorageError) in
      try thread.submit(.resetPipeline(pipeline, definition: definition, completion))
    }
  }

  /// Reads parts of a pipeline's state; see ``readStates(_:completion:)``.
  ///
  /// - Throws: ``StorageError``; with reason `damagedState` if a part does not have its checksum.
  public func readStates(
    _ request: StateReadRequest
  ) async throws(StorageError) -> [StoredState] {
    try await answer { completion throws(StorageError) in
      try readStates(request, completion: completion)
    }
  }

  /// Blocks until a completion is called, unless nobody will call it; never on the log's threads.
  func wait<Value: Sendable>(
    _ ask: (@escaping @Sendable (Result<Value, StorageError>) -> Void) throws(StorageError) -> Void
  ) throws(StorageError) -> Value {
    let answer = Monitor<Result<Value, StorageError>?>(nil)
    try ask { result in
      answer.withLock { answer in
        answer = result
        return ((), true)
      }
    }
    return try answer.wait { $0 }.get()
  }

  /// Suspends until a completion is called, unless nobody will call it.
  func answer<Value: Sendable>(
    _ ask: (@escaping @Sendable (Result<Value, StorageError>) -> Void) throws(StorageError) -> Void
  ) async throws(StorageError) -> Value {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<Value, StorageError>, Never>) in
      do throws(StorageError) {
        try ask { continuation.resume(returning: $0) }
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
    return try result.get()
  }
}
