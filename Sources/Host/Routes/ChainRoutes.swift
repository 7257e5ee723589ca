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
    guard let plan = try check(request) else { return .eventStream(request) }
    let client = context.caller.client(context.reply)
    let opening = ChainOpening(request, context.reply) { [authority = services.authority] in
      if $0.isOfClient { authority.noteRefused(code: 106) }
    }
    for (number, source) in request.sources.enumerated() {
      let place = request.resume[source.name].flatMap {
        source.showsPast ? DerivedPlace(epoch: $0.epoch, offset: $0.offset) : nil
      }
      let reach = services.reach
      let ticket = services.clients.derived.subscribe(
        plan,
        to: source.topic,
        at: place,
        for: client
      ) { ending in
        guard ending.unsubscribeCode != nil, let topic = opening.topic(number) else { return }
        reach.forEach { $0.loseReaders(of: topic) }
      } completion: {
        opening.settle(number, $0, of: source)
      }
      opening.keep(ticket)
    }
    return .waiting { opening.cancel() }
  }

  /// The chain that a stream asks for, which it may have; `nil` where it asks for none.
  @discardableResult
  func check(_ request: EventStreamRequest) throws(Problem) -> ChainPlan? {
    guard let text = try context.query("pipe") else { return nil }
    let plan = try plan(Array(text.utf8))
    let limits = context.caller.identity?.limits ?? [:]
    let most = limits["chains"] ?? services.configuration.webSocket.maximumChains
    guard request.sources.count <= most else {
      services.authority.noteRefused(code: 106)
      throw Problem(
        400,
        "Too many topics",
        "the chain is for \(request.sources.count) topics, \(most) are allowed",
        remedy: "name fewer topics in a stream with a chain",
        field: "topic"
      )
    }
    return plan
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
    /// What takes back what is being prepared.
    var tickets: [DerivedTicket] = []
    /// Set once it is opened, refused or given up: nothing is waited for any more.
    var isAnswered = false
  }

  private let state: Mutex<State>
  private let request: EventStreamRequest
  private let reply: Router.ReplyAddress
  private let noteRefused: @Sendable (DerivedRefusal) -> Void

  init(
    _ request: EventStreamRequest,
    _ reply: Router.ReplyAddress,
    noteRefused: @escaping @Sendable (DerivedRefusal) -> Void
  ) {
    (self.request, self.reply, self.noteRefused) = (request, reply, noteRefused)
    state = Mutex(State(sources: Array(repeating: nil, count: request.sources.count)))
  }

  /// What is read in place of a source; `nil` while that is not known.
  func topic(_ number: Int) -> Topic<Event>? { state.withLock { $0.topics[number] } }

  /// Keeps what takes one of them back, unless nobody waits for it any more.
  func keep(_ ticket: DerivedTicket) {
    let isOver = state.withLock { state in
      if !state.isAnswered { state.tickets.append(ticket) }
      return state.isAnswered
    }
    if isOver { ticket.cancel() }
  }

  /// Gives it up: what is being prepared is not needed, at least not here.
  func cancel() {
    for ticket in giveUp() { ticket.cancel() }
  }

  /// Notes that nothing is waited for any more; answers what is to be taken back.
  private func giveUp() -> [DerivedTicket] {
    let (tickets, sources) = state.withLock { state in
      // What was had goes with it, once the lock is free.
      let had = (state.tickets, state.sources)
      (state.tickets, state.sources) = ([], state.sources.map { _ in nil })
      state.isAnswered = true
      return had
    }
    _ = sources
    return tickets
  }

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
        guard !state.isAnswered else { return nil }
        state.sources[number] = EventStreamSource(
          derived,
          of: source.topic,
          showsPast: source.showsPast
        )
        state.topics[number] = derived.topic
        let sources = state.sources.compactMap(\.self)
        guard sources.count == state.sources.count else { return nil }
        state.isAnswered = true
        // The stream alone keeps them.
        (state.sources, state.tickets) = ([], [])
        return sources
      }
      guard let whole else { return }
      var request = request
      request.sources = whole
      reply.open(request)
    }
  }

  private func refuse(_ refusal: DerivedRefusal) {
    guard !state.withLock(\.isAnswered) else { return }
    cancel()
    noteRefused(refusal)
    let problem = Problem(
      refusal.isOfClient ? 429 : 503,
      refusal.isOfClient ? "Too many chains" : "No room for the chain",
      refusal.description,
      remedy: "try again later",
      field: "pipe",
      retryAfter: 5
    )
    reply.complete(problem.response)
  }
}
