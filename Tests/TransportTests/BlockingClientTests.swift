// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing
import Transport

@Suite struct BlockingClientTests {
  @Test func `a refused connection says where and why`() throws {
    // Bound but not listening: nothing else can take the port meanwhile.
    let listener = try Listener(host: "127.0.0.1", port: 0)
    listener.shutDown()
    let error = #expect(throws: SystemError.self) {
      try BlockingClient(host: "127.0.0.1", port: listener.port)
    }
    #expect(error?.description == "connect 127.0.0.1:\(listener.port): Connection refused")
  }

  @Test func `a name is not looked up`() {
    let error = #expect(throws: SystemError.self) {
      try BlockingClient(host: "example.org", port: 80)
    }
    #expect(error?.description == "read 'example.org' as an IP address: Invalid argument")
  }

  @Test func `reading in vain ends at the deadline`() throws {
    let pair = try Pair()
    var bytes: [UInt8] = []
    let error = #expect(throws: SystemError.self) {
      try pair.client.read(into: &bytes, timeoutMilliseconds: 1)
    }
    #expect(error?.errno == ETIMEDOUT)
    #expect(error?.operation == "read from \(pair.client.address)")
    #expect(bytes.isEmpty)
  }

  @Test func `writing to a reader that stalls ends at the deadline`() throws {
    let pair = try Pair()
    let error = #expect(throws: SystemError.self) {
      try pair.client.write(
        [UInt8](repeating: 7, count: 64 << 20),
        timeoutMilliseconds: 1
      )
    }
    #expect(error?.errno == ETIMEDOUT)
  }

  @Test func `what has arrived is read even when no time is left`() throws {
    let pair = try Pair()
    _ = [UInt8]([1, 2]).withUnsafeBytes { pair.server.write($0) }
    var bytes: [UInt8] = []
    #expect(try pair.client.read(into: &bytes, timeoutMilliseconds: 0) == 2)
    #expect(bytes == [1, 2])
  }
}
