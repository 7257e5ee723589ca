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
    try await answer { completion throws(StorageError) in
      try thread.submit(
        .steps { writer in
          completion(.success(writer.topics.all.sorted { $0.name < $1.name }))
          return false
        }
      )
    }
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
