// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Storage
import Streams
import Transport

/// Finds the route of a request, on its loop.
struct Router {
  /// Where a late answer goes.
  struct ReplyAddress: Sendable {
    let worker: LoopWorker
    let connection: RegistrationID
    let sequence: UInt64

    /// Answers a request that is held, from any thread: once.
    func complete(_ response: HTTPResponse) {
      let sequence = sequence
      worker.later(connection) { $0.complete(sequence, response, now: $1) }
    }

    /// Answers what the body gives, once it does; what it throws is a problem.
    func later(_ body: @escaping @Sendable () async throws -> HTTPResponse) -> Answer {
      Task {
        do {
          complete(try await body())
        } catch let problem as Problem {
          complete(problem.response)
        } catch let error as StorageError {
          complete(Problem(error).response)
        } catch {
          complete(Problem.unexpected(error).response)
        }
      }
      return .later
    }

    /// Opens an event stream that was waited for, from any thread: once.
    func open(_ request: EventStreamRequest) {
      let sequence = sequence
      worker.later(connection) { $0.open(sequence, request, now: $1) }
    }

    /// Lets a paused intake go on, from any thread.
    func resume() {
      let sequence = sequence
      worker.later(connection) { $0.resume(sequence, now: $1) }
    }
  }

  let services: ServerServices
  let worker: LoopWorker
  let known: KnownTargets

  /// What a request's head and framing may be; bodies are limited by their routes.
  var limits: HTTPLimits { services.httpLimits }
  /// How long peers may take.
  var deadlines: HTTPDeadlines { services.deadlines }
  /// Whether connections end after the answer at hand.
  var isShuttingDown: Bool { services.isShuttingDown }

  /// Whether a request only asks how the server is: that is answered also when it has too much to do.
  func isProbe(_ head: HTTPRequestHead) -> Bool {
    ["/metrics", "/healthz", "/readyz"].contains(head.path)
  }

  func answer(
    _ head: HTTPRequestHead,
    at address: ReplyAddress
  ) -> Answer {
    do throws(Problem) {
      do throws(Problem) { try services.access.check(head) } catch {
        services.statistics.count(.foreign)
        throw error
      }
      if let preflight = services.access.preflight(head) { return .response(preflight) }
      if head.target == "*" { return .response(Self.capabilities) }
      let target = try known.target(of: head)
      let caller = try services.callers.caller(of: head, isAPI: target.segments.first == "api")
      return try route(
        RequestContext(head: head, target: target, caller: caller, reply: address)
      )
    } catch {
      return .response(error.response)
    }
  }

  /// The answer to OPTIONS of the server as a whole (RFC 9110 §9.3.7).
  private static let capabilities = HTTPResponse(
    204,
    fields: ["Allow": "GET, HEAD, POST, PUT, DELETE, OPTIONS"]
  )

  /// What lets a page of another origin read the answer, if it may.
  func crossOriginFields(_ head: HTTPRequestHead) -> HTTPFields {
    services.access.crossOriginFields(head)
  }

  private func route(_ context: RequestContext) throws(Problem) -> Answer {
    let path = context.target.segments
    // First, since it is asked for most: comparing with what is equal costs least.
    if path.count == 4, path[0] == "v1", path[1] == "topics", path[3] == "events",
      context.head.method == "POST"
    {
      try context.caller.check(.publish, on: path[2])
      return try PublishRoute(services: services, context: context).answer(path[2])
    }
    switch (path.first, path.count) {
    case ("v1", 2...): return try versioned(Array(path.dropFirst()), context)
    case ("ws", 1): return try WebSocketRoute.answer(context)
    case ("connection", 2) where path[1] == "websocket":
      return try WebSocketRoute.answer(context)
    case ("api", 2): return try APIRoute.answer(path[1], context, services)
    case ("metrics", 1):
      try context.caller.checkIsTrusted()
      return try get(context) { MetricsRoute(services: services).response }
    case ("healthz", 1):
      return try get(context) { .text(200, "ok\n") }
    case ("readyz", 1):
      return try get(context) { readiness }
    default:
      // What is not there is not there by any method.
      let asset = try AssetRoute.response(to: context)
      return try get(context) { asset }
    }
  }

  /// Whether everything can be done that the server is for; 503 says what can't.
  private var readiness: HTTPResponse {
    guard let trouble = services.engine.stored?.log.trouble else { return .text(200, "ok\n") }
    let text = "durable topics can't be published to: \(trouble.summary)\n"
    var response = HTTPResponse.text(503, text)
    response.fields.append("Retry-After", "1")
    return response
  }

  private func versioned(_ path: [String], _ context: RequestContext) throws(Problem) -> Answer {
    let topics = TopicRoutes(topics: services.engine.topics)
    if path[0] == "topics", path.count > 1 {
      try context.caller.check(
        path.count == 3 && path[2] == "end" ? .publish : .history,
        on: path[1]
      )
    }
    switch (path[0], path.count) {
    case ("events", 1):
      try Self.checkReads(context, allows: "GET, HEAD")
      var context = context
      if let caller = try TicketRoutes.redeem(context, services) { context.caller = caller }
      var request = try EventStreamRoute.request(
        context,
        topics: services.engine.topics,
        settings: services.configuration.eventStream
      )
      request.crossOrigin = crossOriginFields(context.head)
      let isHead = context.head.method == "HEAD"
      if let stream = try TableStream(context, request) {
        return isHead ? .response(EventStreamRoute.headAnswer(request)) : try stream.open()
      }
      if isHead {
        try ChainRoutes(services: services, context: context).check(request)
        return .response(EventStreamRoute.headAnswer(request))
      }
      return try ChainRoutes(services: services, context: context).open(request)
    case ("subscriptions", 1):
      try context.caller.checkIsTrusted()
      let chains = ChainRoutes(services: services, context: context)
      return try get(context) { chains.list }
    case ("subscriptions", 3) where path[2] == "explain":
      let chains = ChainRoutes(services: services, context: context)
      return try get(context) { () throws(Problem) in try chains.explain(path[1]) }
    case ("tickets", 1):
      try Self.check(context, allows: "POST")
      return .response(try TicketRoutes(services: services, context: context).issue())
    case ("revocations", 1):
      try Self.check(context, allows: "POST")
      try context.caller.checkIsTrusted()
      let routes = TicketRoutes(services: services, context: context)
      return .collect(
        limit: ServerAPI.maximumBytes,
        then: JSONBody { (body, reply) throws(Problem) in
          try routes.revoke(body, replyingTo: reply)
        }
      )
    case ("pipelines", 1):
      try context.caller.checkIsTrusted()
      return try get(context) { PipelineRoute(engine: services.engine).response }
    case ("topics", 1):
      return try get(context) { () throws(Problem) in try topics.list(context) }
    case ("topics", 2):
      return try get(context) { () throws(Problem) in try topics.state(path[1]) }
    case ("topics", 3) where path[2] == "events":
      try Self.checkReads(context, allows: "GET, HEAD, POST")
      return try topics.history(path[1], context)
    case ("topics", 3) where path[2] == "end":
      try Self.check(context, allows: "POST")
      return try topics.end(path[1], context)
    case ("topics", 3...5) where path[2] == "consumers":
      // A place is whose it is by its name alone.
      try context.caller.checkIsTrusted()
      return try ConsumerRoutes(services.engine, path[1], context).answer(path.dropFirst(3))
    case ("tables", 2...3):
      return try TableRoutes(services: services, context: context).answer(path.dropFirst())
    case ("webhooks", 1...3):
      try context.caller.checkIsTrusted()
      return try WebhookRoutes(webhooks: services.webhooks, context).answer(path.dropFirst())
    default:
      throw .notFound(context.head.path)
    }
  }

  private func get(
    _ context: RequestContext,
    _ response: () throws(Problem) -> HTTPResponse
  ) throws(Problem) -> Answer {
    try Self.checkReads(context, allows: "GET, HEAD")
    return .response(try response())
  }

  /// Checks that a request only reads; `methods` are all that its target knows.
  private static func checkReads(
    _ context: RequestContext,
    allows methods: String
  ) throws(Problem) {
    guard ["GET", "HEAD"].contains(context.head.method) else {
      throw .methodNotAllowed(context.head.method, allows: methods)
    }
  }

  static func check(_ context: RequestContext, allows method: String) throws(Problem) {
    guard context.head.method == method else {
      throw .methodNotAllowed(context.head.method, allows: method)
    }
  }
}
