// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Transport

/// Finds the route of a request; one per loop.
struct Router {
  /// Where a late answer goes.
  struct ReplyAddress: Sendable {
    let connection: RegistrationID
    let sequence: UInt64
  }

  let services: ServerServices
  let worker: LoopWorker

  /// What a request's head and framing may be; bodies are limited by their routes.
  var limits: HTTPLimits { services.httpLimits }
  /// How long peers may take.
  var deadlines: HTTPDeadlines { services.deadlines }
  /// Whether connections end after the answer at hand.
  var isShuttingDown: Bool { services.isShuttingDown }

  func answer(_ head: HTTPRequestHead, at address: ReplyAddress) -> Answer {
    do throws(Problem) {
      try services.access.check(head)
      if let preflight = services.access.preflight(head) { return .response(preflight) }
      let target: RequestTarget
      do {
        target = try RequestTarget.parse(head.target)
      } catch {
        throw Problem(
          400,
          "Bad target",
          error.description,
          remedy: "percent-encode the path and the query",
          field: "target"
        )
      }
      return try route(context(head, target, address))
    } catch {
      return .response(error.response)
    }
  }

  /// What lets a page of another origin read the answer, if it may.
  func crossOriginFields(_ head: HTTPRequestHead) -> HTTPFields {
    services.access.crossOriginFields(head)
  }

  private func context(
    _ head: HTTPRequestHead,
    _ target: RequestTarget,
    _ address: ReplyAddress
  ) -> RequestContext {
    let worker = worker
    return RequestContext(
      head: head,
      target: target,
      complete: { response in
        worker.later(address.connection) { $0.complete(address.sequence, response, now: $1) }
      },
      resume: {
        worker.later(address.connection) { $0.resume(address.sequence, now: $1) }
      }
    )
  }

  private func route(_ context: RequestContext) throws(Problem) -> Answer {
    let path = context.target.segments
    switch (path.first, path.count) {
    case ("v1", 2...): return try versioned(Array(path.dropFirst()), context)
    case ("ws", 1): return try WebSocketRoute.answer(context)
    case ("connection", 2) where path[1] == "websocket":
      return try WebSocketRoute.answer(context)
    case ("metrics", 1):
      return try get(context) { MetricsRoute(services: services).response }
    case ("healthz", 1), ("readyz", 1):
      return try get(context) { .text(200, "ok\n") }
    default:
      return try get(context) { () throws(Problem) in try AssetRoute.response(to: context) }
    }
  }

  private func versioned(_ path: [String], _ context: RequestContext) throws(Problem) -> Answer {
    let topics = TopicRoutes(topics: services.engine.topics)
    switch (path[0], path.count) {
    case ("events", 1):
      try Self.check(context, allows: "GET")
      var request = try EventStreamRoute.request(
        context,
        topics: services.engine.topics,
        settings: services.configuration.eventStream
      )
      request.crossOrigin = crossOriginFields(context.head)
      return .eventStream(request)
    case ("pipelines", 1):
      return try get(context) { PipelineRoute(engine: services.engine).response }
    case ("topics", 1):
      return try get(context) { () throws(Problem) in try topics.list(context) }
    case ("topics", 2):
      return try get(context) { () throws(Problem) in try topics.state(path[1]) }
    case ("topics", 3) where path[2] == "events" && context.head.method == "POST":
      return try PublishRoute(topics: services.engine.topics, context: context).answer(path[1])
    case ("topics", 3) where path[2] == "events":
      return try get(context, allows: "GET, HEAD, POST") { () throws(Problem) in
        try topics.history(path[1], context)
      }
    case ("topics", 3) where path[2] == "end":
      try Self.check(context, allows: "POST")
      return .response(try topics.end(path[1]))
    default:
      throw .notFound(context.head.path)
    }
  }

  private func get(
    _ context: RequestContext,
    allows methods: String = "GET, HEAD",
    _ response: () throws(Problem) -> HTTPResponse
  ) throws(Problem) -> Answer {
    guard ["GET", "HEAD"].contains(context.head.method) else {
      throw .methodNotAllowed(context.head.method, allows: methods)
    }
    return .response(try response())
  }

  static func check(_ context: RequestContext, allows method: String) throws(Problem) {
    guard context.head.method == method else {
      throw .methodNotAllowed(context.head.method, allows: method)
    }
  }
}

extension Problem {
  static func notFound(_ path: String) -> Problem {
    Problem(404, "Not found", "there is nothing at '\(path)'", remedy: "see / and /v1/topics")
  }

  static func noTopic(_ name: String) -> Problem {
    Problem(
      404,
      "No such topic",
      "there is no topic '\(name)' yet",
      remedy: "publish to it or subscribe to it: that makes it",
      field: "topic"
    )
  }

  static func methodNotAllowed(_ method: String, allows methods: String) -> Problem {
    var problem = Problem(
      405,
      "Method not allowed",
      "\(method) is not possible here",
      remedy: "use \(methods)"
    )
    problem.allows = methods
    return problem
  }

  static func tooLarge(limit: Int) -> Problem {
    Problem(
      413,
      "Body too large",
      "the body has more than \(limit) bytes",
      remedy: "send it in parts, or as NDJSON (application/x-ndjson), which is streamed",
      field: "body"
    )
  }

  static let requestTimeout = Problem(
    408,
    "Request timeout",
    "the request did not arrive in time",
    remedy: "send it without long pauses"
  )

  static let answerTooLarge = Problem(
    500,
    "Answer too large",
    "the answer exceeds what may wait for one connection",
    remedy: "ask for less at once, or raise \"maximumOutboundBytes\""
  )

  /// A streamed body that a slow consumer held back for too long.
  static let heldTooLong = Problem(.withdrawn)

  /// A streamed body that the end of the server cuts short.
  static let shuttingDown = Problem(.closed)

  /// A name that no topic can have, or may have here.
  init(_ refusal: TopicDirectory.Refusal) {
    switch refusal {
    case .name:
      self.init(
        400,
        "Bad topic name",
        refusal.description,
        remedy: "use 1 to 255 bytes without spaces, control characters, '?', '*' or a leading '_'",
        field: "topic"
      )
    case .notAllowed:
      self.init(
        403,
        "Topic not allowed",
        refusal.description,
        remedy: "add it to \"topics\" in the configuration",
        field: "topic"
      )
    case .tooMany:
      self.init(
        503,
        "Too many topics",
        refusal.description,
        remedy: "use fewer topics, or raise \"maximumTopics\"",
        field: "topic"
      )
    }
  }

  /// A publish that was refused.
  init(_ error: PublishError) {
    switch error {
    case .tooLarge:
      self.init(413, "Publish too large", error.description, remedy: "send it in parts")
    case .closed:
      self.init(503, "Shutting down", error.description, remedy: "try again in a moment")
      retryAfter = 1
    case .tooManyHeld, .withdrawn:
      self.init(
        503,
        "Held back",
        error.description,
        remedy: "try again: nothing of this request was stored"
      )
      retryAfter = 1
    }
  }
}
