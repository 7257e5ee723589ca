// SPDX-License-Identifier: Apache-2.0

/// How a pipeline goes on while its durable topic can't be written.
enum Storing {
  /// Does `body` again and again while a disk is full or fails, a topic is full, or too much waits to
  /// be stored.
  ///
  /// - Parameters:
  ///   - clock: What it waits by.
  ///   - isWaiting: Hears each time why it waits.
  ///   - body: What to do.
  /// - Returns: What `body` does.
  /// - Throws: What else `body` throws, or `CancellationError`.
  @discardableResult
  nonisolated(nonsending) static func untilPossible<Result>(
    by clock: any EngineClock,
    isWaiting: (any Error) -> Void = { _ in },
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async throws -> Result {
    while true {
      do {
        return try await body()
      } catch let error where isTransient(error) {
        isWaiting(error)
        try await clock.sleep(until: clock.now + JournalError.pause)
      }
    }
  }

  private static func isTransient(_ error: any Error) -> Bool {
    switch error {
    case PublishError.notStored(let error): error.isTransient
    case let error as JournalError: error.isTransient
    default: false
    }
  }
}
