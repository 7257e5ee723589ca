// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Testing

@testable import Host

@Suite struct StreamRoutesTests {
  @Test func `an event stream shows what is published, and resumes where it was`() async throws {
    try await withServer { server in
      let client = try server.connect()
      try client.request("GET", "/v1/events?topic=a&topic=b")
      let head = try client.head()
      #expect(head.status == 200)
      #expect(head.fields["Content-Type"] == "text/event-stream; charset=utf-8")
      #expect(head.fields["Cache-Control"] == "no-store")
      try server.publish("a", "1")
      try server.publish("b", #"{"x":2}"#)
      let (a, b) = (try server.topics.topic("a").epoch, try server.topics.topic("b").epoch)
      let text = try client.read(until: "b:\(b):1\n\n")
      #expect(
        text == "retry: 1000\ndata: 1\nid: a:\(a):1,b:\(b):0\n\n"
          + "data: {\"x\":2}\nid: a:\(a):1,b:\(b):1\n\n"
      )
      client.close()
      try server.publish("a", "3")
      let again = try server.connect()
      let place = ["Last-Event-ID": "a:\(a):1,b:\(b):0"]
      try again.request("GET", "/v1/events?topic=a&topic=b&after=a:\(a):0", place)
      let rest = try again.read(until: "a:\(a):2,b:\(b):1\n\n")
      #expect(rest.contains("data: 3\n") && rest.contains("data: {\"x\":2}\n"))
      #expect(!rest.contains("data: 1\n"))
    }
  }

  @Test func `a stream is compressed for a client that likes that best, and told in metrics`()
    async throws
  {
    try await withServer { server in
      for (accepted, coding) in [
        (nil, nil), ("identity", nil), ("br", nil), ("gzip;q=0", nil),
        ("gzip;q=0.5, identity", nil), ("gzip, deflate, br, zstd", "gzip"), ("*", "gzip"),
      ] as [(String?, String?)] {
        let client = try server.connect()
        let fields = accepted.map { ["Accept-Encoding": $0] } ?? [:]
        try client.request("GET", "/v1/events?topic=a", fields)
        let head = try client.head()
        #expect(head.fields["Content-Encoding"] == coding)
        #expect(head.fields["Vary"] == "Accept-Encoding")
        client.close()
      }
      let client = try server.connect()
      try client.request("GET", "/v1/events?topic=a", ["Accept-Encoding": "gzip"])
      _ = try client.head()
      try server.publish("a", "\"" + String(repeating: "again and ", count: 100) + "\"")
      try eventually {
        let metrics = try server.answer("GET", "/metrics").text
        return metrics.contains("\nweir_compressed_total{kind=\"sse\"} 1\n")
      }
    }
  }

  @Test func `compression can be switched off`() async throws {
    try await withServer {
      $0.eventStream.compresses = false
    } _: { server in
      let client = try server.connect()
      try client.request("GET", "/v1/events?topic=a", ["Accept-Encoding": "gzip"])
      let head = try client.head()
      #expect(head.status == 200)
      #expect(head.fields["Content-Encoding"] == nil && head.fields["Vary"] == nil)
    }
  }

  @Test func `a page's own place counts when the browser has none`() async throws {
    try await withServer { server in
      try server.publish("a", "[1,2,3]")
      let epoch = try server.topics.topic("a").epoch
      let client = try server.connect()
      try client.request("GET", "/v1/events?topic=a&after=a:\(epoch):2", ["Last-Event-ID": ""])
      #expect(try client.read(until: "\n\n") == "retry: 1000\nid: a:\(epoch):3\ndata: 3\n\n")
    }
  }

  @Test(arguments: [
    ("", "topic", 400), ("topic=", "topic", 400), ("topic=a&topic=a", "topic", 400),
    ("topic=a%20b", "topic", 400), ("topic=u%2342", "topic", 403),
    ("topic=a&after=zz", "after", 400), ("topic=a&after=a:e:99999999999999999999", "after", 400),
    ("topic=a&after=a:e:1,a:e:2", "after", 400), ("topic=a&after=x:e:1&after=", "after", 400),
    ("topic=a&pipe=[]", "pipe", 400), ("topic=a&envelope=x", "envelope", 400),
  ])
  func `a stream that can't be is refused`(query: String, field: String, status: Int) async throws {
    try await withServer { server in
      let answer = try server.answer("GET", "/v1/events?\(query)")
      #expect(answer.status == status)
      #expect(try answer.member("field") == field)
      let bad = try server.answer("GET", "/v1/events?topic=a", ["Last-Event-ID": "zz"])
      #expect(try bad.member("field") == "Last-Event-ID")
    }
  }

  @Test func `topics whose places would not fit into a field are too many`() async throws {
    try await withServer { server in
      func query(_ count: Int, _ length: Int) -> String {
        (1...count).map { "topic=\($0)" + String(repeating: "x", count: length) }
          .joined(separator: "&")
      }
      #expect(try server.answer("GET", "/v1/events?" + query(129, 1)).status == 400)
      #expect(try server.answer("GET", "/v1/events?" + query(120, 40)).status == 400)
      let client = try server.connect()
      try client.request("GET", "/v1/events?" + query(128, 1))
      #expect(try client.head().status == 200)
    }
  }

  @Test func `a WebSocket opens at both paths, with the protocol it asks for`() async throws {
    try await withServer { server in
      for path in ["/ws", "/connection/websocket"] {
        let socket = try TestSocket(server, path)
        #expect(socket.head.hasPrefix("HTTP/1.1 101 "))
        #expect(socket.head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        #expect(!socket.head.contains("Sec-WebSocket-Protocol"))
        try socket.send(#"{"id":1,"connect":{}}"#)
        #expect(try socket.next().hasPrefix(#"{"id":1,"connect":{"client":"#))
      }
      let named = try TestSocket(
        server,
        fields: ["Sec-WebSocket-Protocol": "centrifuge-protobuf, centrifuge-json"]
      )
      #expect(named.head.contains("Sec-WebSocket-Protocol: centrifuge-json\r\n"))
    }
  }

  @Test func `a WebSocket is compressed where the client offers it, and told in metrics`()
    async throws
  {
    try await withServer { server in
      let name = "Sec-WebSocket-Extensions"
      #expect(!(try TestSocket(server)).head.contains(name))
      #expect(!(try TestSocket(server, fields: [name: "x-other"])).head.contains(name))
      let offer = "permessage-deflate; server_max_window_bits=10"
      let socket = try TestSocket(server, fields: [name: offer])
      let answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
      #expect(socket.head.contains("\(name): \(answer); server_max_window_bits=10\r\n"))
      try socket.send(#"{"id":1,"connect":{}}"# + "\n" + #"{"id":2,"subscribe":{"channel":"a"}}"#)
      _ = try (socket.next(), socket.next())
      try server.publish("a", "\"" + String(repeating: "again and ", count: 100) + "\"")
      // This client has not told its decoder, for which the first such frame is a violation.
      #expect(throws: WebSocketViolation.self) { try socket.next() }
      let metrics = try server.answer("GET", "/metrics").text
      #expect(metrics.contains("\nweir_compressed_total{kind=\"websocket\"} 1\n"))
    }
  }

  @Test func `a request that is no handshake is told what one is`() async throws {
    try await withServer { server in
      let plain = try server.answer("GET", "/ws")
      #expect(plain.status == 426)
      #expect(plain.fields["Upgrade"] == "websocket")
      #expect(plain.fields["Sec-WebSocket-Version"] == "13")
    }
  }

  @Test func `a subscriber gets what any client publishes, and a large reply is flushed`()
    async throws
  {
    try await withServer { server in
      let socket = try TestSocket(server)
      try socket.send(#"{"id":1,"connect":{}}"# + "\n" + #"{"id":2,"subscribe":{"channel":"a"}}"#)
      _ = try socket.next()
      #expect(try socket.next().hasPrefix(#"{"id":2,"subscribe":"#))
      try server.publish("a", "[1,2]")
      #expect(try socket.next() == #"{"push":{"channel":"a","pub":{"data":1,"offset":1}}}"#)
      #expect(try socket.next() == #"{"push":{"channel":"a","pub":{"data":2,"offset":2}}}"#)
      // More than a turn reads from one connection.
      let filler = String(repeating: " ", count: 60_000)
      for id in 3...12 { try socket.send(#"{"id":\#(id),"ping":{}}"# + filler) }
      for id in 3...12 { #expect(try socket.next() == #"{"id":\#(id),"ping":{}}"#) }
      try socket.sendClose(1000)
      #expect(try socket.next() == "close 1000")
      #expect(try socket.nextEvent() == nil)
    }
  }
}
