// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Host

private let post =
  "POST /v1/topics/a/events HTTP/1.1\r\nHost: localhost\r\n"
  + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"

@Suite struct InterruptedBodyTests {
  private func chunk(_ text: String) -> String {
    String(text.utf8.count, radix: 16) + "\r\n\(text)\r\n"
  }

  @Test func `a streamed body that went quiet is told what was accepted`() throws {
    let harness = try ConnectionHarness()
    harness.receive(post + chunk("1\n2\n3\n4"))
    harness.advance(by: .seconds(29))
    harness.receive(chunk("\n5\n"))
    harness.advance(by: .seconds(29))
    #expect(!harness.http.isLingering)
    harness.advance(by: .seconds(1))
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [408])
    #expect(try answers[0].member("accepted") == "5")
    #expect(try answers[0].member("lastOffset") == "5")
  }

  @Test func `a streamed body has as long for its first piece as for the next`() throws {
    let harness = try ConnectionHarness()
    harness.receive(post)
    harness.advance(by: .seconds(29))
    #expect(!harness.http.isLingering)
    harness.advance(by: .seconds(1))
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [408])
    #expect(try answers[0].member("accepted") == "0")
  }

  /// A connection with a streamed chunk of two that is held back behind another publish of two.
  private func heldHarness(
    _ completion: @escaping @Sendable (ConnectionHarness) -> Void
  ) throws -> (ConnectionHarness, Topic<Event>, Cursor<Event>) {
    let harness = try ConnectionHarness {
      $0.topics = [.init(pattern: "a", retention: Retention(maximumCount: 4))]
    }
    let topic = try harness.topic("a")
    let cursor = Cursor(topic)
    let event = Event(data: Array("0".utf8))
    // Everything happens on the test's thread.
    nonisolated(unsafe) let shared = harness
    for _ in 1...3 { _ = topic.offer([event, event]) { _ in completion(shared) } }
    #expect(topic.statistics.waitingPublishes == 1)
    harness.receive(post + chunk("1\n2\n3\n"))
    #expect(topic.statistics.waitingPublishes == 2)
    return (harness, topic, cursor)
  }

  @Test func `an interruption while a chunk is being stored waits for what became of it`() throws {
    let (harness, topic, cursor) = try heldHarness { harness in
      // Both were stored; the chunk's own completion is called after this one.
      harness.services.isShuttingDown = true
      harness.http.shutDown(now: harness.now, patience: .seconds(1))
      harness.http.shutDown(now: harness.now, patience: .seconds(1))
    }
    while topic.statistics.waitingPublishes > 0 { _ = cursor.take(limit: 4) }
    #expect(topic.statistics.lastOffset == 8)
    #expect(!harness.http.isLingering)
    harness.note(harness.http.resume(1, now: harness.now))
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [503])
    #expect(try answers[0].member("accepted") == "2")
    #expect(try answers[0].member("lastOffset") == "8")
    // The third line was not stored any more.
    #expect(topic.statistics.lastOffset == 8)
  }

  @Test func `an interruption while a chunk is held takes it back`() throws {
    let (harness, topic, cursor) = try heldHarness { _ in }
    harness.http.shutDown(now: harness.now, patience: .seconds(1))
    #expect(topic.statistics.waitingPublishes == 1)
    let answers = try harness.answers()
    #expect(answers.map(\.status) == [503])
    #expect(try answers[0].member("accepted") == "0")
    withExtendedLifetime(cursor) {}
  }
}
