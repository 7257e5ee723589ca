// SPDX-License-Identifier: Apache-2.0

/// How a pipeline goes on while its durable topic can't be written.
enum Storing {
  /// How long it waits before it tries again.
  static var pause: Duration { .seconds(1) }

  /// Does `body` again and again while a disk is full or fails, or too much waits to be stored.
  ///
  /// - Throws: What else `body` throws, or `CancellationError`.
  @discardableResult
  nonisolated(nonsending) static func untilPossible<Result>(
    by clock: any EngineClock,
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async throws -> Result {
    while true {
      do {
        return try await body()
      } catch let PublishError.notStored(error) where error.isTransient {
        try await clock.sleep(until: clock.now + pause)
      } catch let error as JournalError where error.isTransient {
        try await clock.sleep(until: clock.now + pause)
      }
    }
  }
}
