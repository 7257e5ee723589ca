// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What became of a run, handed from its loop to whoever waits for it.
final class FanoutOutcome: Sendable {
  private let result = Mutex<Result<FanoutReport, CommandFailure>?>(nil)

  /// What became of it; `nil` while it goes on.
  var finished: Result<FanoutReport, CommandFailure>? { result.withLock { $0 } }

  /// Hands over what became of it.
  func finish(_ result: Result<FanoutReport, CommandFailure>) {
    self.result.withLock { $0 = $0 ?? result }
  }
}

/// What was measured beside deliveries.
struct FanoutMeasured: Equatable, Sendable {
  /// The server's use before anybody connected, with all subscribers, and around the measured part.
  var idleUse: ProcessUse?
  var connectedUse: ProcessUse?
  var useBefore: ProcessUse?
  var useAfter: ProcessUse?
  /// Until all subscribers were subscribed.
  var connectMilliseconds: Double?
  /// From the first event's due time until the last was settled.
  var length = Duration.zero
  var disconnectedCount = 0
  /// Why the first subscriber was lost.
  var firstDisconnection: String?
  var isInterrupted = false
}
