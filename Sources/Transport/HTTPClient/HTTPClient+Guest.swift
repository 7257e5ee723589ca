// SPDX-License-Identifier: Apache-2.0

// What the loop calls, once per turn each.
extension HTTPClient {
  /// Steps of libcurl per turn, so that it cannot starve the loop's other sockets.
  private static let maximumStepCount = 16

  /// Tells libcurl which of its sockets are ready.
  public nonisolated func ready(_ events: [ReadyEvent]) {
    assumeIsolated { $0.multi?.ready(events) }
  }

  /// Looks after deadlines and libcurl's timer.
  public nonisolated func fire(_ timers: [TimerID]) {
    assumeIsolated { client in
      for timer in timers where client.multi?.fired(timer) != true {
        if let id = client.timers.removeValue(forKey: timer) { client.checkDeadlines(of: id) }
      }
    }
  }

  /// Lets libcurl go on, and tells callers what has ended.
  public nonisolated func settle() {
    assumeIsolated { client in
      for _ in 0..<Self.maximumStepCount {
        client.multi?.runDueTimeout()
        let hasEnded = client.finishEnded()
        client.tellCompleted()
        let isTimeoutDue = client.multi?.isTimeoutDue == true
        guard hasEnded || isTimeoutDue || !client.completed.isEmpty else { return }
      }
      client.multi?.postponeDueTimeout()
    }
  }

  /// Closes the client.
  public nonisolated func loopEnded() {
    assumeIsolated { $0.close() }
  }
}
