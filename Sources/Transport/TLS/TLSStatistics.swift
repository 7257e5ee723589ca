// SPDX-License-Identifier: Apache-2.0

/// What became of handshakes, counted from any thread.
public final class TLSStatistics: Sendable {
  /// Counters at one moment.
  public struct Counts: Equatable, Sendable {
    /// Handshakes that succeeded.
    public internal(set) var succeeded: UInt64 = 0
    /// Those among them that went on with an earlier session.
    public internal(set) var resumed: UInt64 = 0
    /// Handshakes that failed, by reason; a reason that never occurred is absent.
    public internal(set) var failed: [TLSFailure.Reason: UInt64] = [:]
  }

  private let state = Guarded(Counts())

  init() {}

  /// The counters now.
  public var counts: Counts { state.withLock { $0 } }

  func countSuccess(isResumed: Bool) {
    state.withLock {
      $0.succeeded += 1
      if isResumed { $0.resumed += 1 }
    }
  }

  func count(_ reason: TLSFailure.Reason) {
    state.withLock { $0.failed[reason, default: 0] += 1 }
  }
}
