// SPDX-License-Identifier: Apache-2.0
import Sinks
import Streams
import Testing
import Transport

@testable import Host
@testable import Sinks

/// Event streams of chains whose results are being prepared: nothing runs them here, so they wait.
@Suite struct ChainWaitingTests {
  /// A connection that has asked to go on in a chain that has to be rebuilt.
  private func waiting() throws -> ConnectionHarness {
    let harness = try ConnectionHarness()
    let topic = try harness.topic("a")
    for _ in 0..<3 { _ = topic.offer([Event(data: Array("1".utf8))]) { _ in } }
    let plan = try ChainPlan(text: Array(#"[{"filter":"true"}]"#.utf8))
    let epoch = DerivedEpoch(plan, topic, start: 1).text
    harness.receive(
      "GET /v1/events?topic=a&pipe=%5B%7B%22filter%22%3A%22true%22%7D%5D&after=a:\(epoch):1 HTTP/1.1"
        + "\r\nHost: localhost\r\n\r\n"
    )
    let statistics = harness.services.clients.derived.statistics
    try #require(statistics.waitingCount == 1 && statistics.replayCount == 1)
    return harness
  }

  private func expectNothingWaits(_ harness: ConnectionHarness) {
    let statistics = harness.services.clients.derived.statistics
    #expect(statistics.waitingCount == 0)
    #expect(statistics.replayCount == 0)
    #expect(statistics.topicCount == 0)
  }

  @Test func `a client that hangs up ends what was rebuilt for it`() throws {
    let harness = try waiting()
    harness.http.end()
    expectNothingWaits(harness)
  }

  @Test func `a client that sends no more is gone`() throws {
    let harness = try waiting()
    harness.http.peerFinished(now: harness.now)
    #expect(harness.http.isDone)
    expectNothingWaits(harness)
  }

  @Test func `a client that is told that it took too long waits no more`() throws {
    let harness = try waiting()
    harness.advance(by: .seconds(120))
    expectNothingWaits(harness)
    #expect(try harness.statuses() == [504])
  }

  @Test func `what others wait for goes on`() throws {
    let harness = try waiting()
    let topic = try harness.topic("a")
    let plan = try ChainPlan(text: Array(#"[{"filter":"true"}]"#.utf8))
    let place = DerivedPlace(epoch: DerivedEpoch(plan, topic, start: 1).text, offset: 1)
    let ticket = harness.services.clients.derived.subscribe(plan, to: topic, at: place) { _ in
    } completion: {
      _ in
    }
    harness.http.end()
    #expect(harness.services.clients.derived.statistics.waitingCount == 1)
    #expect(harness.services.clients.derived.statistics.replayCount == 1)
    ticket.cancel()
    expectNothingWaits(harness)
  }
}
