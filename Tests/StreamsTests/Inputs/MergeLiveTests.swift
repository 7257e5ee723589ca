// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// A merge that is read while its topics are written gives what one gives that is read afterwards.
@Suite struct MergeLiveTests {
  @Test func `topics`() async throws {
    try await compareLiveAndReplayed(inputs: 3) { log in
      log.flow(0).merge(log.flow(1), log.flow(2)).apply(Stamp())
    }
  }

  @Test func `flows with watermarks of their own`() async throws {
    try await compareLiveAndReplayed(inputs: 3) { log in
      log.flow(0, LogWriter.byTime).merge(log.flow(1, LogWriter.byTime), log.flow(2))
        .apply(Stamp())
    }
  }

  @Test func `flows that fall idle`() async throws {
    let policy = LogWriter.byTime.onSilence(.idleAfter(.milliseconds(12)))
    try await compareLiveAndReplayed(inputs: 3) { log in
      log.flow(0, policy).merge(log.flow(1, policy), log.flow(2, policy))
        .window(.tumbling(.milliseconds(8)), by: \.key, at: \.time).aggregate { Count() }
        .apply(Stamp())
    }
  }

  @Test func `flows whose watermark goes on with the clock`() async throws {
    let policy = LogWriter.byTime.onSilence(.advanceWithClock(after: .milliseconds(12)))
    try await compareLiveAndReplayed(inputs: 2) { log in
      log.flow(0, policy).merge(log.flow(1, LogWriter.byTime))
        .window(.tumbling(.milliseconds(8)), by: \.key, at: \.time).aggregate { Count() }
        .apply(Stamp())
    }
  }

  @Test func `flows with deadlines and windows`() async throws {
    try await compareLiveAndReplayed(inputs: 3) { log in
      log.flow(0).throttle(for: .milliseconds(7), by: \.key, keeping: .both).map { "\($0)" }
        .merge(
          log.flow(1, LogWriter.byTime)
            .window(.tumbling(.milliseconds(8)), by: \.key, at: \.time).aggregate { Count() }
            .map { "\($0)" },
          log.flow(2).throttle(for: .milliseconds(5)).map { "\($0)" }
        )
        .throttle(for: .milliseconds(3), keeping: .both)
        .apply(Stamp())
    }
  }

  @Test func `merges of merges`() async throws {
    try await compareLiveAndReplayed(inputs: 4) { log in
      log.flow(0).merge(log.flow(1, LogWriter.byTime))
        .merge(log.flow(2).merge(log.flow(3, LogWriter.byTime)))
        .apply(Stamp())
    }
  }

  @Test func `flows one after the other`() async throws {
    try await compareLiveAndReplayed(inputs: 3) { log in
      log.flow(0).concat(log.flow(1, LogWriter.byTime), log.flow(2))
        .throttle(for: .milliseconds(4), by: \.key, keeping: .both)
        .apply(Stamp())
    }
  }

  @Test func `a merge of a flow and of flows one after the other`() async throws {
    try await compareLiveAndReplayed(inputs: 3) { log in
      log.flow(0).concat(log.flow(1)).merge(log.flow(2)).apply(Stamp())
    }
  }

  @Test func `pairs`() async throws {
    try await compareLiveAndReplayed(inputs: 2) { log in
      log.flow(0, LogWriter.byTime).zip(log.flow(1, LogWriter.byTime)).map { "\($0.id) \($1.id)" }
        .throttle(for: .milliseconds(4), keeping: .both)
        .apply(Stamp())
    }
  }

  @Test func `triples of flows with deadlines`() async throws {
    try await compareLiveAndReplayed(inputs: 3) { log in
      log.flow(0).zip(
        log.flow(1).throttle(for: .milliseconds(4)),
        log.flow(2, LogWriter.byTime)
      )
      .map { "\($0.id) \($1.id) \($2.id)" }
      .apply(Stamp())
    }
  }
}
