// SPDX-License-Identifier: Apache-2.0

/// A call took longer than it may.
public struct CallTimeout: Error, Hashable, Sendable, CustomStringConvertible {
  /// How long it might take.
  public let limit: Duration

  /// Makes the error.
  public init(limit: Duration) {
    self.limit = limit
  }

  /// What happened.
  public var description: String { "no answer within \(limit)" }
}

/// What `body` returns, unless it takes longer than `limit`; then it is cancelled.
///
/// It returns when `body` does: one that ignores that it was cancelled is waited for, so that no
/// call goes on behind its caller's back.
///
/// ```swift
/// let page = try await withTimeout(.seconds(2)) { try await fetch(url) }
/// ```
///
/// - Parameters:
///   - limit: How long it may take.
///   - clock: What measures the time. Default: the system's.
///   - body: The call.
/// - Returns: What it returns.
/// - Throws: ``CallTimeout``, `CancellationError`, or what `body` throws in time.
public func withTimeout<Output: Sendable>(
  _ limit: Duration,
  on clock: any EngineClock = SystemClock(),
  _ body: @escaping @Sendable () async throws -> Output
) async throws -> Output {
  let deadline = clock.now + limit
  return try await withThrowingTaskGroup(of: Output?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await clock.sleep(until: deadline)
      return nil
    }
    defer { group.cancelAll() }
    guard let first = try await group.next(), let output = first else {
      try Task.checkCancellation()
      throw CallTimeout(limit: limit)
    }
    return output
  }
}
