// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The cursors of named consumers.
extension EventLog {
  /// Opens a consumer's cursor in a topic, made if it is not there; that counts as use.
  ///
  /// - Parameters:
  ///   - request: Whose it is, and where it begins if it is new.
  ///   - instant: When.
  /// - Returns: The cursor as it is on disk.
  /// - Throws: ``StorageError``; with reason `exhausted` there are as many as there may be.
  public func openCursor(
    _ request: CursorRequest,
    at instant: Timestamp
  ) async throws(StorageError) -> OpenedCursor {
    // One that begins anew after a power loss might begin behind what its consumer has not seen.
    try await change(isSynced: true) { writer, database throws(StorageError) in
      try writer.openCursor(request, at: instant, database)
    }
  }

  /// Moves cursors, all or none, and tells when that is stored.
  ///
  /// A power loss may take it back, as one that is synced for nothing else: then a consumer sees again what
  /// it has seen, and misses nothing. Moved together with what was appended (``LogCommit/cursors``), it is as
  /// durable as that.
  public func moveCursors(
    _ moves: [CursorMove],
    completion: @escaping @Sendable (Result<Void, StorageError>) -> Void
  ) throws(StorageError) {
    try thread.submit(.commit(LogCommit([], cursors: moves)) { completion($0.map { _ in }) })
  }

  /// Moves cursors; see ``moveCursors(_:completion:)``.
  public func moveCursors(_ moves: [CursorMove]) async throws(StorageError) {
    try await answer { completion throws(StorageError) in
      try moveCursors(moves, completion: completion)
    }
  }

  /// Cursors beside their topics, in the order in which they were made.
  ///
  /// - Parameters:
  ///   - last: The last one of the page before; `nil` for the first page.
  ///   - limit: The most of this page; default 1,000.
  /// - Returns: The page; one that is shorter than the limit is the last.
  /// - Throws: ``StorageError``.
  public func cursors(
    after last: CursorID? = nil,
    limit: Int = 1_000
  ) async throws(StorageError) -> [CursorStanding] {
    try await answer { completion throws(StorageError) in
      try visit(
        { writer throws(StorageError) in
          try writer.standings(after: last?.rawValue ?? 0, limit: limit)
        },
        completion: completion
      )
    }
  }

  /// The cursor of a consumer in a topic, beside the topic; looking at it is no use of it.
  ///
  /// - Parameters:
  ///   - name: The consumer.
  ///   - topic: The topic's name.
  ///   - instant: When: one that has expired is not there.
  /// - Returns: The cursor; `nil` if there is none.
  /// - Throws: ``StorageError``.
  public func cursor(
    of name: String,
    topic: String,
    at instant: Timestamp
  ) async throws(StorageError) -> CursorStanding? {
    try await answer { completion throws(StorageError) in
      try visit(
        { writer throws(StorageError) in
          try writer.standing(of: name, topic: topic, at: instant)
        },
        completion: completion
      )
    }
  }

  /// Deletes a cursor.
  ///
  /// - Throws: ``StorageError``; with reason `unknown` it was not there.
  public func deleteCursor(_ cursor: CursorID) async throws(StorageError) {
    try await change(isSynced: true) { writer, database throws(StorageError) in
      try writer.deleteCursor(cursor, database)
    }
  }
}
