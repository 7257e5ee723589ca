// SPDX-License-Identifier: Apache-2.0
import Glibc
import Streams
import Testing
import Transport

@testable import Host

@Suite struct ServerProcessTests {
  @Test func `a server whose end can't be watched for is stopped all the same`() async throws {
    var configuration = Configuration()
    (configuration.port, configuration.loops) = (0, 2)
    let engine = try Engine(
      topics: TopicDirectory(rules: configuration.topicRules()),
      pipelines: []
    )
    let server = try Server(configuration: configuration, engine: engine) { _ in }
    let port = server.port
    let (error, rest) = await onThread { () -> (error: (any Error)?, rest: [UInt8]?) in
      // Another server may have its port by then, so it is known by a connection that it has kept.
      var client: TestClient?
      do {
        try ServerProcess.serve(server, within: .milliseconds(100)) {
          client = try? TestClient(port: port)
          let answer = try? client?.answer("GET", "/healthz")
          #expect(answer?.status == 200)
        } watching: { _ in
          throw SystemError(errno: EAGAIN, operation: "start a thread")
        }
        return (nil, nil)
      } catch {
        return (error, try? client?.readToEnd())
      }
    }
    #expect((error as? SystemError)?.errno == EAGAIN)
    #expect(rest == [])
  }
}
