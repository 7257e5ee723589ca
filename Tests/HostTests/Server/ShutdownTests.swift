// SPDX-License-Identifier: Apache-2.0
import Codecs
import Foundation
import Streams
import Testing

@testable import Host
@testable import Transport

@Suite struct ShutdownTests {
  @Test func `everybody is told, and the loops end`() async throws {
    try await withServer { server in
      let sockets = try (1...10).map { _ in try TestSocket(server) }
      for socket in sockets {
        try socket.send(#"{"id":1,"connect":{}}"# + "\n" + #"{"id":2,"subscribe":{"channel":"a"}}"#)
        _ = try (socket.next(), socket.next())
      }
      let streams = try (1...10).map { _ in
        let client = try server.connect()
        try client.request("GET", "/v1/events?topic=a")
        #expect(try client.head().status == 200)
        return client
      }
      let idle = try server.connect()
      #expect(try idle.answer("GET", "/healthz").status == 200)
      try server.publish("a", "1")
      server.server.stop(within: .seconds(1))
      for socket in sockets {
        #expect(try socket.next() == #"{"push":{"channel":"a","pub":{"data":1,"offset":1}}}"#)
        #expect(try socket.next() == "close 3001")
        #expect(try socket.nextEvent() == nil)
      }
      for stream in streams {
        let text = try stream.read(until: "data: 1\n\nretry: ")
        #expect(text.hasPrefix("retry: 1000\nid: "))
      }
      #expect(try idle.readToEnd().isEmpty)
      #expect(throws: SystemError.self) { try server.connect().answer("GET", "/healthz") }
    }
  }

  @Test func `few are told at once, many one after the other`() {
    let ids = (0..<1_000).map { RegistrationID(descriptor: $0, generation: 1) }
    let now = MonotonicInstant(nanoseconds: 5)
    let few = LoopWorker.farewells(of: Array(ids.prefix(100)), from: now, over: .seconds(8))
    #expect(few.allSatisfy { $0.at == now })
    let many = LoopWorker.farewells(of: ids, from: now, over: .seconds(8))
    #expect(Set(many.map(\.id)) == Set(ids))
    #expect(zip(many, many.dropFirst()).allSatisfy { $0.at >= $1.at }, "the next is the last")
    let seconds = many.map { $0.at.millisecondsLeft(from: now) / 1_001 }
    #expect(Set(seconds) == Set(0...7), "each second has its share")
  }

  @Test func `many sessions are all told`() async throws {
    try await withServer {
      $0.loops = 1
    } _: { server in
      let sockets = try (1...150).map { _ in try TestSocket(server) }
      server.server.stop(within: .seconds(2))
      for socket in sockets { #expect(try socket.next() == "close 3001") }
    }
  }

  @Test func `a busy client's close frame is not lost to a reset`() async throws {
    try await withServer { server in
      let socket = try TestSocket(server)
      try socket.send(#"{"id":1,"connect":{}}"#)
      _ = try socket.next()
      // Broken at once, with more behind it than is read in a turn.
      try socket.send("nonsense")
      let filler = #"{"id":2,"ping":{}}"# + String(repeating: " ", count: 60_000)
      for _ in 1...20 { try socket.send(filler) }
      #expect(try socket.next() == "close 3501")
    }
  }

  @Test func `publishes that are held back are given back`() async throws {
    try await withServer { configuration in
      configuration.topics = [.init(pattern: "a", retention: Retention(maximumCount: 2))]
    } _: { server in
      let topic = try server.topics.topic("a")
      let cursor = Cursor(topic)
      try server.publish("a", "1")
      try server.publish("a", "2")
      let client = try server.connect()
      try client.request("POST", "/v1/topics/a/events", [:], "3")
      while topic.statistics.waitingPublishes != 1 { sched_yield() }
      server.server.stop(within: .seconds(1))
      let answer = try client.answer()
      #expect(answer.status == 503)
      #expect(answer.fields["Retry-After"] == "1")
      #expect(topic.statistics.lastOffset == 2)
      withExtendedLifetime(cursor) {}
    }
  }

  @Test func `a server stops twice, and one that never started too`() async throws {
    try await withServer { server in
      server.server.stop(within: .zero)
      server.server.stop(within: .zero)
    }
    var configuration = Configuration()
    configuration.port = 0
    let engine = try Engine(topics: TopicDirectory(), pipelines: [])
    let server = try Server(configuration: configuration, engine: engine) { _ in }
    #expect(server.url == "http://127.0.0.1:\(server.port)")
    server.stop()
  }

  @Test func `a loop that ended is gone`() async throws {
    let configuration = Configuration()
    let engine = try Engine(topics: TopicDirectory(), pipelines: [])
    let services = ServerServices(configuration: configuration, engine: engine) { _ in }
    let listener = try Listener(host: "127.0.0.1", port: 0)
    var worker: LoopWorker? = try LoopWorker(number: 0, listener: listener, services: services)
    weak let trace = worker
    try worker?.start()
    worker?.shutDown(within: .zero)
    worker?.loop.join()
    worker = nil
    #expect(trace == nil)
  }

  @Test func `an address that others could reach is refused`() throws {
    var configuration = Configuration()
    configuration.port = 0
    configuration.host = "0.0.0.0"
    let engine = try Engine(topics: TopicDirectory(), pipelines: [])
    do {
      _ = try Server(configuration: configuration, engine: engine) { _ in }
      Issue.record("the server listens on every address")
    } catch let error as ConfigurationViolation {
      #expect(error.field == "host")
    }
  }

  @Test func `connections that came and went leave nothing behind`() async throws {
    try await withServer { server in
      for round in 1...20 {
        let socket = try TestSocket(server)
        try socket.send(#"{"id":1,"connect":{}}"# + "\n" + #"{"id":2,"subscribe":{"channel":"a"}}"#)
        _ = try (socket.next(), socket.next())
        let stream = try server.connect()
        try stream.request("GET", "/v1/events?topic=a&topic=b")
        _ = try stream.head()
        if round.isMultiple(of: 2) { try socket.sendClose(1000) }
        socket.close()
        stream.close()
      }
      let topics = try [server.topics.topic("a"), server.topics.topic("b")]
      let end = MonotonicInstant.now.advanced(by: .seconds(60))
      while topics.contains(where: \.isInUse), MonotonicInstant.now < end { sched_yield() }
      #expect(topics.allSatisfy { !$0.isInUse })
      // A session lets go of its topics before its connection is closed, a goodbye later.
      var metrics = try server.answer("GET", "/metrics").text
      while !metrics.contains("weir_connections 1\n"), MonotonicInstant.now < end {
        metrics = try server.answer("GET", "/metrics").text
      }
      #expect(metrics.contains(#"weir_sessions{kind="websocket"} 0"#))
      #expect(metrics.contains(#"weir_sessions{kind="sse"} 0"#))
      #expect(metrics.contains("weir_connections 1\n"))
    }
  }

  @Test func `half a connection is enough to be answered`() async throws {
    try await withServer { server in
      let client = try server.connect()
      try client.request("POST", "/v1/topics/a/events", [:], "1")
      try client.request("GET", "/healthz")
      client.client.shutdownWrite()
      #expect(try client.answer().status == 200)
      #expect(try client.answer().text == "ok\n")
      #expect(try client.readToEnd().isEmpty)
    }
  }

  @Test func `pipelined answers larger than what may wait all arrive`() async throws {
    try await withServer {
      $0.maximumOutboundBytes = 3 << 20
    } _: { server in
      let text = "\"" + String(repeating: "x", count: 900_000) + "\""
      try server.publish("a", text)
      let client = try server.connect()
      for _ in 1...30 { try client.request("GET", "/v1/topics/a/events") }
      for _ in 1...30 { #expect(try client.answer().body.count > 900_000) }
      #expect(try client.answer("GET", "/healthz").status == 200)
    }
  }
}
