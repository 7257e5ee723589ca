// SPDX-License-Identifier: Apache-2.0
import Codecs
import Testing
import Transport

@testable import Host

@Suite struct ServerClientTests {
  private func client(_ server: FakeServer) throws -> ServerClient {
    let address = try ServerAddress(url: "http://127.0.0.1:9/base", from: "test")
    return ServerClient(address) { address throws(ServerClientError) in
      try server.connect(address)
    }
  }

  @Test func `requests share one connection`() throws {
    let server = FakeServer { .json(200, "\"\($0.text)\"") }
    let client = try client(server)
    #expect(try client.send(.post("/x", "text/plain", Array("a".utf8))).body == Array("\"a\"".utf8))
    #expect(try client.send(.get("/y")).body == Array("\"\"".utf8))
    #expect(server.connectionCount == 1)
    let head = try #require(server.requests.first?.head)
    #expect(head.method == "POST")
    #expect(head.target == "/base/x")
    #expect(head.fields["Host"] == "127.0.0.1:9")
    #expect(head.fields["Content-Type"] == "text/plain")
    #expect(head.fields["Content-Length"] == "1")
    #expect(server.requests.last?.head.fields["Content-Length"] == nil)
  }

  @Test func `a connection that the server will close is not used again`() throws {
    let server = FakeServer { _ in .json(200, "1", fields: ["Connection": "close"]) }
    let client = try client(server)
    _ = try client.send(.get("/"))
    _ = try client.send(.get("/"))
    #expect(server.connectionCount == 2)
  }

  @Test func `a connection that was closed meanwhile is replaced before anything is sent`() throws {
    let server = FakeServer { _ in .last("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1") }
    let client = try client(server)
    _ = try client.send(.get("/a"))
    _ = try client.send(.get("/b"))
    #expect(server.connectionCount == 2)
    #expect(server.lines == ["GET /base/a", "GET /base/b"])
  }

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12"])
  func `an end before the whole answer is a loss, and nothing is sent twice`(
    _ beginning: String
  ) throws {
    let server = FakeServer { _ in .last(beginning) }
    let client = try client(server)
    let error = #expect(throws: ServerClientError.self) { try client.send(.post("/a")) }
    #expect(error == .lost("closed by the server"))
    #expect(error?.isInDoubt == true)
    #expect(server.requests.count == 1)
  }

  @Test func `an answer that does not come ends at the limit`() throws {
    let server = FakeServer { _ in .silence }
    let client = try client(server)
    let error = #expect(throws: ServerClientError.self) {
      try client.send(.get("/a"), patienceMilliseconds: 3_000)
    }
    #expect(error == .noAnswer(seconds: 3))
    #expect(server.clock.seconds == 3)
  }

  @Test func `a wait can be abandoned`() throws {
    let server = FakeServer { _ in .silence }
    let client = try client(server)
    let error = #expect(throws: ServerClientError.self) {
      try client.send(.get("/a")) { server.clock.seconds >= 1 }
    }
    #expect(error == .abandoned)
    #expect(server.clock.seconds == 1)
  }

  @Test func `something that is not HTTP is told as such`() throws {
    let server = FakeServer { _ in .raw("SSH-2.0-OpenSSH\r\n\r\n") }
    let client = try client(server)
    let error = #expect(throws: ServerClientError.self) { try client.send(.get("/a")) }
    #expect(error?.failure.remedy.contains("https://") == true)
  }

  @Test func `a continue before the answer is passed over`() throws {
    let server = FakeServer { _ in
      .raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
    }
    #expect(try client(server).send(.get("/a")).head.status == 204)
  }

  @Test(arguments: [
    (503, "7", 7), (503, "0", 0), (503, "Fri, 31 Dec 1999 23:59:59 GMT", 1), (503, nil, nil),
    (429, "7", nil), (200, "7", nil),
  ])
  func `only a 503 may ask to try again`(_ status: Int, _ field: String?, _ seconds: Int?) {
    var head = HTTPResponseHead(status: status)
    if let field { head.fields.append("Retry-After", field) }
    #expect(ServerResponse(head: head, body: []).retryAfterSeconds == seconds)
  }

  @Test(arguments: [
    (
      422, #"{"title":"T","detail":"D","field":"type","line":3,"remedy":"R"}"#,
      "weir: D (field 'type', line 3): R"
    ),
    (400, #"{"title":"T"}"#, "weir: T"),
    (
      404, "oops",
      "weir: the server answered 404 Not Found: check the name, and that --server is a weir server"
    ),
    (599, "", "weir: the server answered 599"),
  ])
  func `a problem is told with its place and remedy`(
    _ status: Int,
    _ body: String,
    _ message: String
  ) {
    let response = ServerResponse(head: .init(status: status), body: Array(body.utf8))
    #expect(ProblemDocument(response).failure.description == message)
  }
}
