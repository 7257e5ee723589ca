// SPDX-License-Identifier: Apache-2.0
import Streams

/// Time since it was made, which goes on evenly whatever the machine's clock is set to.
struct SteadyClock: EngineClock {
  private let start = ContinuousClock.now

  var now: Timestamp {
    Timestamp(milliseconds: start.duration(to: .now).wholeMilliseconds)
  }

  func sleep(until deadline: Timestamp) async throws {
    let instant = start.advanced(by: .milliseconds(deadline.milliseconds))
    try await Task.sleep(until: instant, clock: .continuous)
  }
}
