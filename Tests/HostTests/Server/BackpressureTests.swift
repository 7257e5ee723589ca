// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import Transport

@testable import Host

@Suite struct BackpressureTests {
  private static let path = "/v1/topics/a/events"

  private func withGate(
    timeout: Duration,
    _ body: @escaping @Sendable (TestServer, @escaping @Sendable () -> Void) throws -> [Int]
  ) async throws {
    let sink = GatedSink()
    try await withServer { configuration in
      configuration.topics = [.init(pattern: "a", retention: Retention(maximumCount: 64))]
      configuration.publishTimeout = timeout
    } pipelines: { topics in
      [try topics.topic("a").flow(from: .earliest).pipeline("slow", into: sink)]
    } _: { server in
      let expected = try body(server) { sink.open() }
      try Self.wait { sink.taken.count >= expected.count }
      #expect(sink.taken == expected)
    }
  }

  /// Publishes numbers one by one until one is held; answers its client and the number.
  private static func fill(_ server: TestServer) throws -> (client: TestClient, number: Int) {
    var number = 1
    while true {
      let client = try server.connect()
      try client.request("POST", path, [:], "\(number)")
      let topic = try server.topics.topic("a")
      try wait {
        topic.statistics.waitingPublishes == 1 || topic.statistics.lastOffset == UInt64(number)
      }
      if topic.statistics.waitingPublishes == 1 { return (client, number) }
      #expect(try client.answer().status == 200)
      client.close()
      number += 1
    }
  }

  @Test func `a publish that is held is seen, refused in time, and leaves nothing`() async throws {
    // Long enough to be seen, however busy the machine is.
    try await withGate(timeout: .seconds(3)) { server, open in
      let (client, number) = try Self.fill(server)
      #expect((64...192).contains(number))
      let answer = try client.answer()
      #expect(answer.status == 503)
      #expect(answer.fields["Retry-After"] == "1")
      #expect(try answer.member("title") == "Held back")
      #expect(server.topics.existing("a")?.statistics.lastOffset == UInt64(number - 1))
      #expect(try client.answer("GET", "/healthz").status == 200)
      open()
      try Self.wait { server.topics.existing("a")?.statistics.heldLag == 0 }
      // By another connection: until there is room this one may have been idle for too long.
      #expect(try server.answer("POST", Self.path, [:], "\(number)").status == 200)
      return Array(1...number)
    }
  }

  @Test func `a publish that is held shows in state and metrics, and is stored when there is room`()
    async throws
  {
    try await withGate(timeout: .seconds(300)) { server, open in
      let (client, number) = try Self.fill(server)
      try Self.wait { server.engine.pipelines[0].statistics.isHeldBack }
      #expect(try server.answer("GET", "/v1/topics").text.contains(#""heldBack":1"#))
      let metrics = try server.answer("GET", "/metrics").text
      #expect(metrics.contains(#"weir_topic_held_publishes{topic="a"} 1"#))
      #expect(metrics.contains(#"weir_pipeline_held_back{pipeline="slow"} 1"#))
      #expect(metrics.contains(#"weir_topic_lag_entries{topic="a"} 64"#))
      open()
      let answer = try client.answer()
      #expect(answer.status == 200)
      #expect(try answer.member("firstOffset") == "\(number)")
      return Array(1...number)
    }
  }

  @Test func `a held stream is read no further, then goes on where it was`() async throws {
    try await withGate(timeout: .seconds(300)) { server, open in
      let total = 20_000
      let lines = (1...total).map { "\($0)\n" }.joined()
      let client = try server.connect()
      try client.request("POST", Self.path, ["Content-Type": "application/x-ndjson"], lines)
      try Self.wait { server.topics.existing("a")?.statistics.waitingPublishes == 1 }
      #expect(server.topics.existing("a")?.statistics.lastOffset ?? 0 < 1_000)
      open()
      let answer = try client.answer()
      #expect(answer.status == 200)
      #expect(try answer.member("accepted") == "\(total)")
      return Array(1...total)
    }
  }

  @Test func `a client that is gone takes what is held along`() async throws {
    try await withGate(timeout: .seconds(300)) { server, open in
      let (client, number) = try Self.fill(server)
      let topic = try server.topics.topic("a")
      let other = try server.connect()
      let host = "Host: localhost\r\n"
      try other.send(
        "GET /healthz HTTP/1.1\r\n\(host)\r\n"
          + "POST \(Self.path) HTTP/1.1\r\n\(host)Content-Length: 1\r\n\r\n0"
      )
      // An answer of which the rest stays unread makes closing a reset, as when a process is killed.
      var byte: [UInt8] = []
      #expect(try other.client.read(into: &byte, maximum: 1) == 1)
      try Self.wait { topic.statistics.waitingPublishes == 2 }
      other.close()
      try Self.wait { topic.statistics.waitingPublishes == 1 }
      open()
      #expect(try client.answer().status == 200)
      return Array(1...number)
    }
  }

  private static func wait(until condition: () -> Bool) throws { try waitUntil(condition) }
}
