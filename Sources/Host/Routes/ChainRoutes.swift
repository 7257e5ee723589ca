// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization

/// Chains of operators inside subscriptions, over HTTP.
struct ChainRoutes {
  let services: ServerServices
  let context: RequestContext

  // MARK: Event streams

  /// Opens an event stream of what a chain makes of its topics, once that is found or made; `request` is
  /// the stream of the topics themselves.
  func open(_ request: EventStreamRequest) throws(Problem) -> Answer {
    guard let text = try context.query("pipe") else { return .eventStream(request) }
    let plan = try plan(Array(text.utf8))
    let limits = context.caller.identity?.limits ?? [:]
    let most = limits["chains"] ?? services.configuration.webSocket.maximumChains
    guard request.sources.count <= most else {
      throw Problem(
        400,
        "Too many topics",
        "the chain is for \(request.sources.count) topics, \(most) are allowed",
        remedy: "name fewer topics in a stream with a chain",
        field: "topic"
      )
    }
    let opening = ChainOpening(request, context.reply)
    for (number, source) in request.sources.enumerated() {
      let place = request.resume[source.name].flatMap {
        source.showsPast ? DerivedPlace(epoch: $0.epoch, offset: $0.offset) : nil
      }
      let reach = services.reach
      services.clients.derived.subscribe(plan, to: source.topic, at: place) { ending in
        guard ending.unsubscribeCode != nil, let topic = opening.topic(number) else { return }
        reach.forEach { $0.loseReaders(of: topic) }
      } completion: {
        opening.settle(number, $0, of: source)
      }
    }
    return .later
  }

  private func plan(_ text: [UInt8]) throws(Problem) -> ChainPlan {
    do throws(ChainViolation) {
      guard case .client(let access) = context.caller else { return try ChainPlan(text: text) }
      return try ChainPlan(text: text, limits: access.chainLimits)
    } catch {
      throw Problem(400, "Bad chain", error.description, remedy: error.remedy, field: "pipe")
    }
  }

  // MARK: Explaining

  /// What the chain of a subscription has let through; it is named by the epoch that its client was told.
  func explain(_ epoch: String) throws(Problem) -> HTTPResponse {
    let found = services.clients.derived.status(ofEpoch: epoch)
    guard let status = found, context.caller.may(.subscribe, on: status.source) else {
      throw Problem(
        404,
        "No such subscription",
        "no chain has the epoch '\(epoch)'",
        remedy: "give the epoch that the subscription was answered with",
        field: "path"
      )
    }
    return .json { status.write(to: &$0) }
  }

  /// All chains that are computed now.
  var list: HTTPResponse {
    let statuses = services.clients.derived.all
    return .json { writer in
      writer.beginObject()
      writer.name("subscriptions")
      writer.beginArray()
      for status in statuses { status.write(to: &writer) }
      writer.endArray()
      writer.endObject()
    }
  }
}

/// An event stream that waits for the results of its chain in each of its topics.
final class ChainOpening: Sendable {
  private struct State {
    var sources: [EventStreamSource?]
    /// What is read, once it is known.
    var topics: [Int: Topic<Event>] = [:]
    var isAnswered = false
  }

  private let state: Mutex<State>
  private let request: EventStreamRequest
  private let reply: Router.ReplyAddress

  init(_ request: EventStreamRequest, _ reply: Router.ReplyAddress) {
    (self.request, self.reply) = (request, reply)
    state = Mutex(State(sources: Array(repeating: nil, count: request.sources.count)))
  }

  /// What is read in place of a source; `nil` while that is not known.
  func topic(_ number: Int) -> Topic<Event>? { state.withLock { $0.topics[number] } }

  /// Opens the stream with the last one, or refuses it with the first that can't be had.
  func settle(
    _ number: Int,
    _ result: Result<DerivedSubscription, DerivedRefusal>,
    of source: EventStreamSource
  ) {
    switch result {
    case .failure(let refusal): refuse(refusal)
    case .success(let derived):
      let whole: [EventStreamSource]? = state.withLock { state in
        state.sources[number] = EventStreamSource(
          derived,
          of: source.topic,
          showsPast: source.showsPast
        )
        state.topics[number] = derived.topic
        let sources = state.sources.compactMap(\.self)
        guard !state.isAnswered, sources.count == state.sources.count else { return nil }
        state.isAnswered = true
        // The stream alone keeps them.
        state.sources = []
        return sources
      }
      guard let whole else { return }
      var request = request
      request.sources = whole
      reply.open(request)
    }
  }

  private func refuse(_ refusal: DerivedRefusal) {
    let isFirst = state.withLock { state in
      // What was had goes with it.
      state.sources = state.sources.map { _ in nil }
      defer { state.isAnswered = true }
      return !state.isAnswered
    }
    guard isFirst else { return }
    let problem = Problem(
      503,
      "No room for the chain",
      refusal.description,
      remedy: "try again later",
      retryAfter: 5
    )
    reply.complete(problem.response)
  }
}
