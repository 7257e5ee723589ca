// SPDX-License-Identifier: Apache-2.0

/// Decides what becomes of the failures of one reading of a flow.
struct Supervisor {
  /// What is to be done about a failure.
  enum Decision {
    case stop(ElementFailure)
    case skip(SideWrite?)
    case restart(after: Timestamp)
  }

  let supervision: Supervision
  /// When it was restarted lately, oldest first.
  private var restarts: [Timestamp] = []
  private var random = SystemRandomNumberGenerator()

  init(_ supervision: Supervision) {
    self.supervision = supervision
  }

  /// Decides on failures, of which there is at least one; `now` is asked only for a restart.
  mutating func decide(_ failures: [ElementFailure], now: () -> Timestamp) -> Decision {
    switch supervision.policy {
    case .stop:
      return .stop(failures[0])
    case .skip:
      return .skip(
        supervision.deadLetters.map { sink in
          SideWrite(name: sink.name, count: failures.count) { try await sink.write(failures) }
        }
      )
    case .restart(let backoff, let limit, let period):
      let now = now()
      restarts.removeAll { $0.advanced(byMilliseconds: period) <= now }
      guard restarts.count < limit else { return .stop(failures[0]) }
      let pause = backoff.pause(before: restarts.count, using: &random)
      restarts.append(now)
      return .restart(after: now + pause)
    }
  }
}
