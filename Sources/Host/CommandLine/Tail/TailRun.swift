// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

/// Prints the events of a topic: first what is stored, then what comes.
final class TailRun {
  /// How long a stream may be silent, heartbeats included, before it is taken for dead.
  private static let silenceMilliseconds = 90_000
  /// How often a wait looks for Ctrl-C.
  private static let sliceMilliseconds = 200

  private let topic: String
  private let printsJSON: Bool
  private var remaining: UInt64
  private let client: ServerClient
  private let console: any Console
  private let clock: any CommandClock
  private var position: ResumePoint.Position?
  private var backoff = Backoff()
  private var isOutputClosed = false

  /// Prepares a run; nothing is sent yet.
  ///
  /// - Parameters:
  ///   - topic: The topic.
  ///   - limit: How many events to print; `nil` for no end.
  ///   - printsJSON: Whether the output is for programs.
  ///   - client: The server.
  ///   - console: Where events go.
  ///   - clock: The time, and Ctrl-C.
  init(
    _ topic: String,
    limit: UInt64?,
    printsJSON: Bool,
    client: ServerClient,
    console: any Console,
    clock: any CommandClock
  ) {
    self.topic = topic
    self.printsJSON = printsJSON
    self.client = client
    self.console = console
    self.clock = clock
    remaining = limit ?? .max
  }

  /// Whether there is nothing more to do.
  private var isOver: Bool { remaining == 0 || isOutputClosed || clock.isInterrupted }

  /// Prints until the limit, Ctrl-C, or until nobody reads the output.
  ///
  /// - Parameter offset: Where to begin; `nil` for events to come only.
  /// - Throws: ``CommandFailure`` when the server cannot be reached at first, or refuses.
  func run(after offset: UInt64?) throws(CommandFailure) {
    if let offset {
      try printHistory(after: offset)
    } else {
      try findEnd()
    }
    while !isOver {
      let reason = try follow()
      guard !isOver else { return }
      let pause = backoff.wait()
      console.printError("weir: \(reason): trying again in \(Double(pause) / 1_000) s")
      clock.wait(milliseconds: pause)
    }
  }

  // MARK: History

  /// Prints the stored events, page by page.
  private func printHistory(after offset: UInt64) throws(CommandFailure) {
    var next: UInt64? = offset
    while let after = next, !isOver {
      let limit = min(remaining, 1_000)
      let target = "\(ServerTarget.events(of: topic))?after=\(after)&limit=\(limit)"
      guard let page = try get(target) else { return }
      if let gap = page["gap"] { console.tell(gap: gap, of: topic) }
      var last = after
      page["events"]?.forEachElement { json in
        guard let event = TailEvent(history: json) else { return }
        last = event.offset
        show(event)
      }
      if let epoch = page["epoch"]?.string {
        position = ResumePoint.Position(topic: topic, epoch: epoch, offset: last)
      }
      next = page["next"]?.uint64
    }
  }

  /// Takes note of where the topic ends now, so that a lost connection costs no event.
  private func findEnd() throws(CommandFailure) {
    guard let state = try get(ServerTarget.topic(topic)), let epoch = state["epoch"]?.string,
      let offset = state["lastOffset"]?.uint64
    else { return }
    position = ResumePoint.Position(topic: topic, epoch: epoch, offset: offset)
  }

  /// A document of the server; `nil` when there is no such topic yet.
  private func get(_ target: String) throws(CommandFailure) -> JSONView? {
    let response: ServerResponse
    do {
      response = try client.send(.get(target)) { [clock] in clock.isInterrupted }
    } catch {
      if error == .abandoned { return nil }
      throw error.failure
    }
    if response.head.status == 404 {
      tellMissing()
      return nil
    }
    return try response.successful().json
  }

  // MARK: Live

  /// Prints what comes until the stream ends; answers why it did.
  private func follow() throws(CommandFailure) -> String {
    do {
      let stream = try connect()
      var silentMilliseconds = 0
      while !isOver {
        switch try stream.next(timeoutMilliseconds: Self.sliceMilliseconds) {
        case .event(let event):
          handle(event)
          silentMilliseconds = 0
        case .alive: silentMilliseconds = 0
        case .nothing: silentMilliseconds += Self.sliceMilliseconds
        case .ended: return "the server ended the stream"
        }
        if silentMilliseconds == 0 { tellConnected() }
        if silentMilliseconds >= Self.silenceMilliseconds { return "the server went silent" }
      }
      return ""
    } catch {
      switch error {
      case .connection(.notHTTP(let violation)):
        throw ServerClientError.notHTTP(violation).failure
      case .connection(.lost(let reason)): return "the connection was lost (\(reason))"
      case .connection(let error): return error.what
      case .refused(let response) where response.head.status == 503: return "the server is busy"
      case .refused(let response): throw ProblemDocument(response).failure
      }
    }
  }

  private func connect() throws(StreamFailure) -> ServerStream {
    var target = "/v1/events?topic=\(PercentEncoding.encode(topic))&envelope=cloudevents"
    if let position { target += "&after=\(PercentEncoding.encode(ResumePoint([position]).text))" }
    do {
      return try client.stream(.get(target))
    } catch {
      throw .connection(error)
    }
  }

  private func tellConnected() {
    guard backoff != Backoff() else { return }
    backoff.reset()
    console.printError("weir: connected again")
  }

  private func handle(_ message: ServerSentEvent) {
    if let id = message.id, let point = try? ResumePoint.parse(id), let place = point[topic] {
      position = place  // An id of another form is of a server that cannot resume anyway.
    }
    let json = try? JSONView.parse(message.data)  // Something else is not one of our events.
    switch message.event {
    case "weir.gap": if let json { console.tell(gap: json, of: topic) }
    case "weir.reset": console.tellReset(of: topic)
    default:
      let source = ServerTarget.topic(topic)
      if let json, let event = TailEvent(cloudEvent: json, defaultSource: source) { show(event) }
    }
  }

  // MARK: Output

  private func show(_ event: TailEvent) {
    guard remaining > 0, !isOutputClosed else { return }
    if remaining != .max { remaining -= 1 }
    isOutputClosed = !console.printLine(printsJSON ? event.json : event.line)
  }

  private func tellMissing() {
    // A program waits without being told.
    guard !printsJSON else { return }
    console.printError("weir: waiting for topic '\(topic)', which does not exist yet")
  }
}

extension Console {
  /// Says which events of a topic the server does not keep any more.
  func tell(gap: JSONView, of topic: String) {
    guard let from = gap["from"]?.uint64, let to = gap["to"]?.uint64 else { return }
    printError("weir: events \(from) to \(to) of \(topic) are no longer kept")
  }

  /// Says that a topic has begun another life.
  func tellReset(of topic: String) {
    printError("weir: \(topic) began anew, its former events are gone")
  }
}
