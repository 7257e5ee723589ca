// SPDX-License-Identifier: Apache-2.0
import Codecs
import Foundation
import Streams
import Testing

@testable import Host

@Suite struct DrainTests {
  @Test func `what is opened while the server shuts down is told so at once`() async throws {
    try await withServer {
      $0.loops = 1
    } _: { server in
      let witness = try TestSocket(server)
      let stream = try server.connect()
      let socket = try server.connect()
      // Half a head, so that the connections are at work when the end begins.
      let host = "Host: 127.0.0.1:\(server.server.port)\r\n"
      try stream.send("GET /v1/events?topic=a HTTP/1.1\r\n\(host)")
      try socket.send("GET /ws HTTP/1.1\r\n\(host)")
      let already = try server.answer("GET", "/healthz").status
      #expect(already == 200)
      Thread.detachNewThread { server.server.stop(within: .seconds(60)) }
      #expect(try witness.next() == "close 3001")
      try stream.send("\r\n")
      stream.expectAnswer(to: "GET")
      #expect(try stream.head().status == 200)
      #expect(try stream.read(until: "retry: ").hasPrefix("retry: "))
      _ = try stream.readToEnd()
      try socket.send(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
      )
      let sent = try socket.readToEnd()
      // A close frame of the code 3001, which is 0x0BB9.
      #expect(sent.contains(0x88))
      #expect(Data(sent).range(of: Data([0x0B, 0xB9])) != nil)
      for client in [stream, socket] { client.close() }
      witness.close()
    }
  }
}
