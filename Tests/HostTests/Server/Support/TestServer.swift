// SPDX-License-Identifier: Apache-2.0
import Foundation
import Sinks
import Streams
import Testing
import Transport

@testable import Host

/// A server on a free port of loopback, and the engine behind it.
struct TestServer: Sendable {
  let server: Server
  let engine: Engine

  var topics: TopicDirectory { engine.topics }

  func connect() throws -> TestClient { try TestClient(port: server.port) }

  /// The answer to one request on a connection of its own.
  func answer(
    _ method: String,
    _ target: String,
    _ fields: [String: String] = [:],
    _ body: String = ""
  ) throws -> TestClient.Answer {
    let client = try connect()
    defer { client.close() }
    return try client.answer(method, target, fields, body)
  }

  /// Publishes JSON; the answer is 200 or the test has gone wrong.
  func publish(_ topic: String, _ body: String) throws {
    let answer = try answer(
      "POST",
      "/v1/topics/\(topic)/events",
      ["Content-Type": "application/json"],
      body
    )
    try #require(answer.status == 200, "\(answer.text)")
  }
}

/// Runs a body with a server on a thread of its own, where it may block, and stops the server.
func withServer(
  _ configure: (inout Configuration) -> Void = { _ in },
  pipelines: (TopicDirectory) throws -> [any RunnablePipeline] = { _ in [] },
  webhooks: (TopicDirectory) throws -> WebhookService? = { _ in nil },
  _ body: @escaping @Sendable (TestServer) throws -> Void
) async throws {
  var configuration = Configuration()
  configuration.port = 0
  configuration.loops = 2
  configure(&configuration)
  let topics = TopicDirectory(rules: configuration.topicRules())
  let engine = try Engine(topics: topics, pipelines: pipelines(topics))
  let server = try Server(
    configuration: configuration,
    engine: engine,
    webhooks: webhooks(topics)
  ) { _ in }
  try server.start()
  let running = Task { await engine.run() }
  let result: Result<Void, any Error> = await onThread {
    let result = Result { try body(TestServer(server: server, engine: engine)) }
    server.stop(within: .milliseconds(100))
    return result
  }
  running.cancel()
  await running.value
  try result.get()
}

/// Runs a body that blocks, without taking a thread from those that must go on meanwhile.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread { continuation.resume(returning: body()) }
  }
}

/// Looks again and again until something has come true; on a thread of one's own.
///
/// All tests share the threads of Swift's pool, where pipelines run: it may take minutes until one has its
/// turn. Looking takes next to nothing from those that are waited for.
func waitUntil(_ condition: () throws -> Bool) throws {
  let end = MonotonicInstant.now.advanced(by: .seconds(300))
  while try !condition() {
    try #require(MonotonicInstant.now < end, "it has not come true")
    Thread.sleep(forTimeInterval: 0.001)
  }
}
