// SPDX-License-Identifier: Apache-2.0

/// Spares a service that fails calls it can't answer, and its callers the waiting.
///
/// Closed, it lets calls through; after so many failures in a row it opens and refuses them. When
/// the cooldown is over it is half open: one call goes through, and by that it closes or opens again.
/// Cancelled calls count as neither.
///
/// ```swift
/// let breaker = CircuitBreaker(failures: 5, cooldown: .seconds(10))
/// let pages = links.mapAsync(concurrency: 8) { link in
///   try await breaker.call { try await fetch(link) }
/// }
/// ```
public final class CircuitBreaker: Sendable {
  /// Whether calls go through.
  public enum Position: Hashable, Sendable {
    /// They do.
    case closed
    /// They are refused until then.
    case open(until: Timestamp)
    /// One does, on trial.
    case halfOpen
  }

  /// What a circuit breaker has counted.
  public struct Statistics: Hashable, Sendable {
    /// Calls that went through.
    public var calls: UInt64 = 0
    /// Those among them that threw.
    public var failed: UInt64 = 0
    /// Calls that were refused.
    public var refused: UInt64 = 0
    /// Times at which it opened.
    public var openings: UInt64 = 0
  }

  private let state: Guarded<CircuitState>
  private let clock: any EngineClock

  /// Makes a closed circuit breaker.
  ///
  /// - Parameters:
  ///   - failures: After how many failures in a row it opens, at least 1.
  ///   - cooldown: How long it then refuses calls.
  ///   - clock: What measures that. Default: the system's.
  public init(failures: Int, cooldown: Duration, clock: any EngineClock = SystemClock()) {
    precondition(failures >= 1, "a circuit opens after at least one failure")
    precondition(cooldown > .zero, "a circuit stays open for some time")
    state = Guarded(CircuitState(limit: failures, cooldown: cooldown))
    self.clock = clock
  }

  /// Whether calls go through now.
  public var position: Position {
    let now = clock.now
    return state.withLock { $0.position(at: now) }
  }

  /// What it has counted.
  public var statistics: Statistics { state.withLock { $0.counters } }

  /// What `body` returns, if it may be called.
  ///
  /// A call that is cancelled says nothing of the other side: so a time limit that is to count as a
  /// failure stands inside, `breaker.call { try await withTimeout(…) }`.
  /// - Parameter body: The call.
  /// - Returns: What it returns.
  /// - Throws: ``CircuitOpen`` if it was not called; what it throws if it was.
  public nonisolated(nonsending) func call<Output>(
    _ body: () async throws -> Output
  ) async throws -> Output {
    let pass = try enter()
    do {
      let output = try await body()
      leave(pass, hasFailed: false)
      return output
    } catch let error where error is CancellationError || Task.isCancelled {
      state.withLock { $0.withdraw(pass) }
      throw error
    } catch {
      leave(pass, hasFailed: true)
      throw error
    }
  }

  private func enter() throws(CircuitOpen) -> CircuitState.Pass {
    let now = clock.now
    let entry: Result<CircuitState.Pass, CircuitOpen> = state.withLock { state in
      do throws(CircuitOpen) { return .success(try state.enter(at: now)) } catch {
        return .failure(error)
      }
    }
    return try entry.get()
  }

  private func leave(_ pass: CircuitState.Pass, hasFailed: Bool) {
    let now = clock.now
    state.withLock { $0.leave(pass, hasFailed: hasFailed, at: now) }
  }
}

/// A circuit breaker has refused a call.
public struct CircuitOpen: Error, Hashable, Sendable, CustomStringConvertible {
  /// Until when calls are refused; `nil` while one is on trial.
  public let until: Timestamp?

  /// Makes the error.
  public init(until: Timestamp?) {
    self.until = until
  }

  /// What happened.
  public var description: String {
    until.map { "the circuit is open until \($0.milliseconds)" }
      ?? "the circuit is half open and has its trial call"
  }
}
