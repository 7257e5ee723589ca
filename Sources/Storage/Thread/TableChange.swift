// SPDX-License-Identifier: Apache-2.0

/// A change of tables beside the log, made in a transaction with whatever else waits.
struct TableChange: Sendable {
  /// What it counts for in the bounds of the queue and of a group.
  let bytes: Int
  /// Whether it is only answered when the disk has it.
  let isSynced: Bool
  /// Makes the change; answers what to call once it is committed.
  ///
  /// A refusal comes before anything is written.
  let apply: @Sendable (LogWriter, Database) throws(StorageError) -> @Sendable () -> Void
  /// Tells whoever asked that it failed.
  let fail: @Sendable (StorageError) -> Void

  init<Value: Sendable>(
    bytes: Int,
    isSynced: Bool,
    answer: @escaping WriteRequest.Answer<Value>,
    _ body: @escaping @Sendable (LogWriter, Database) throws(StorageError) -> Value
  ) {
    self.bytes = bytes
    self.isSynced = isSynced
    fail = { answer(.failure($0)) }
    apply = { writer, database throws(StorageError) in
      let value = try body(writer, database)
      return { answer(.success(value)) }
    }
  }
}

extension EventLog {
  /// Makes a change of tables beside the log and suspends until it is committed.
  func change<Value: Sendable>(
    bytes: Int = 1 << 10,
    isSynced: Bool,
    _ body: @escaping @Sendable (LogWriter, Database) throws(StorageError) -> Value,
    then: @escaping @Sendable (Value) -> Void = { _ in }
  ) async throws(StorageError) -> Value {
    try await answer { completion throws(StorageError) in
      let told: WriteRequest.Answer<Value> = { result in
        if case .success(let value) = result { then(value) }
        completion(result)
      }
      try thread.submit(.change(TableChange(bytes: bytes, isSynced: isSynced, answer: told, body)))
    }
  }
}
