// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing

@testable import Host
@testable import Transport

/// One HTTP connection without a loop: time stands still until a test moves it.
final class ConnectionHarness {
  let engine: Engine
  let services: ServerServices
  let http: HTTPConnection
  let client: BlockingClient
  private let worker: LoopWorker
  private(set) var now = MonotonicInstant(nanoseconds: 0)
  private(set) var steps: [String] = []

  init(_ configure: (inout Configuration) -> Void = { _ in }) throws {
    var configuration = Configuration()
    configure(&configuration)
    engine = try Engine(topics: TopicDirectory(rules: configuration.topicRules()), pipelines: [])
    services = ServerServices(configuration: configuration, engine: engine) { _ in }
    let listener = try Listener(host: "127.0.0.1", port: 0)
    worker = try LoopWorker(number: 0, listener: listener, services: services)
    client = try BlockingClient(host: "127.0.0.1", port: listener.port)
    let socket = try #require(try listener.accept())
    let connection = Connection(
      id: RegistrationID(descriptor: socket.descriptor, generation: 1),
      socket: socket,
      outboundLimit: configuration.maximumOutboundBytes
    )
    http = HTTPConnection(
      connection,
      router: Router(services: services, worker: worker, known: KnownTargets()),
      services: services,
      now: now
    )
  }

  func topic(_ name: String) throws -> Topic<Event> { try engine.topics.topic(name) }

  /// Gives the connection bytes and writes what it answers.
  func receive(_ text: String) {
    note(http.receive(Array(text.utf8), now: now))
    http.connection.flush()
  }

  func note(_ step: HTTPConnection.Step) {
    switch step {
    case .none: break
    case .webSocket: steps.append("webSocket")
    case .eventStream: steps.append("eventStream")
    }
  }

  func advance(by duration: Duration) {
    now = now.advanced(by: duration)
    http.tick(now: now)
    http.connection.flush()
  }

  /// All answers so far: their statuses.
  func statuses() throws -> [Int] { try answers().map(\.status) }

  /// All that was answered so far; the connection is of no use afterwards.
  func answers(to methods: [String] = []) throws -> [TestClient.Answer] {
    http.connection.flush()
    http.connection.shutdownWrite()
    var bytes: [UInt8] = []
    while try client.read(into: &bytes) > 0 {}
    var decoder = HTTPResponseDecoder()
    for method in methods { decoder.expectResponse(to: method) }
    decoder.receive(bytes)
    decoder.receiveEnd()
    var answers: [TestClient.Answer] = []
    var head: HTTPResponseHead?
    var body: [UInt8] = []
    while let event = try decoder.nextEvent() {
      switch event {
      case .interim(let read):
        answers.append(.init(status: read.status, fields: read.fields, body: []))
      case .head(let read): head = read
      case .body(let part): body += part
      case .end:
        if let head { answers.append(.init(status: head.status, fields: head.fields, body: body)) }
        (head, body) = (nil, [])
      }
    }
    return answers
  }
}
