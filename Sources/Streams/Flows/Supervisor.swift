// SPDX-License-Identifier: Apache-2.0

/// Decides what becomes of the failures of one reading of a flow.
struct Supervisor {
  /// What is to be done about a failure.
  enum Decision {
    case stop(ElementFailure)
    case skip(SideWrite?)
  }

  let supervision: Supervision
  /// When it was restarted lately, oldest first.
  private var restarts: [Timestamp] = []
  private var random = SystemRandomNumberGenerator()

  init(_ supervision: Supervision) {
    self.supervision = supervision
  }

  /// Until when to wait, and then to start anew what has failed at `now`; `nil` if failures are to be
  /// decided on, since the policy is another or has allowed as many restarts as it does.
  mutating func nextRestart(now: () -> Timestamp) -> Timestamp? {
    guard case .restart(let backoff, let limit, let period) = supervision.policy else { return nil }
    let now = now()
    restarts.removeAll { $0.advanced(byMilliseconds: period) <= now }
    guard restarts.count < limit else { return nil }
    let pause = backoff.pause(before: restarts.count, using: &random)
    restarts.append(now)
    return now + pause
  }

  /// Decides on failures, of which there is at least one.
  func decide(_ failures: [ElementFailure]) -> Decision {
    guard case .skip = supervision.policy else { return .stop(failures[0]) }
    return .skip(supervision.deadLetters.map { SideWrite(failures, into: $0) })
  }
}
