// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Synchronization
import Transport

/// One connection that speaks HTTP/1.1, one request after the other; confined to its loop.
final class HTTPConnection {
  enum Step {
    /// Go on.
    case none
    /// The connection has become something else; it is not this object's any more.
    case webSocket(key: String, rest: [UInt8])
    case eventStream(EventStreamRequest)
  }

  private enum Phase {
    case head
    case collecting(limit: Int, bytes: [UInt8], then: ([UInt8]) -> Answer)
    case streaming(any BodyIntake, isPaused: Bool)
    /// The answer comes later.
    case held(Topic<Event>, HeldTicket)
    /// Answered already; what is left of the body is dropped.
    case discarding
    /// Nothing more is read: the connection ends once the peer has gone or time is up.
    case lingering
  }

  let connection: Connection
  private let router: Router
  private let statistics: ServerStatistics
  private var decoder: HTTPRequestDecoder
  private var phase = Phase.head
  private var head: HTTPRequestHead?
  /// Counts requests, so that a late answer finds its own.
  private var sequence: UInt64 = 0
  private var deadline: MonotonicInstant
  private var peerHasFinished = false
  /// Set once everything is sent that will be.
  private(set) var isDone = false

  init(
    _ connection: Connection,
    router: Router,
    statistics: ServerStatistics,
    now: MonotonicInstant
  ) {
    self.connection = connection
    self.router = router
    self.statistics = statistics
    decoder = HTTPRequestDecoder(limits: router.limits)
    deadline = now.advanced(by: HTTPDeadlines.head)
  }

  /// Whether bytes should be read from the socket.
  var wantsInput: Bool {
    switch phase {
    case .streaming(_, let isPaused): !isPaused
    case .held: false
    default: !isDone
    }
  }

  /// Whether no request is at work.
  var isIdle: Bool {
    if case .head = phase { decoder.isIdle } else { false }
  }

  // MARK: Input

  func receive(_ bytes: [UInt8], now: MonotonicInstant) -> Step {
    if case .lingering = phase { return .none }
    decoder.receive(bytes)
    if case .head = phase {} else { deadline = now.advanced(by: HTTPDeadlines.body) }
    return process(now: now)
  }

  /// Hears that the peer will send nothing more.
  func receiveEnd() {
    peerHasFinished = true
    if isIdle || decoder.bufferedCount == 0 { finishIfIdle() }
  }

  private func finishIfIdle() {
    switch phase {
    case .head, .collecting, .discarding, .lingering: isDone = true
    case .streaming(let intake, _):
      intake.cancel()
      isDone = true
    case .held: break
    }
  }

  func process(now: MonotonicInstant) -> Step {
    do {
      while wantsInput, !isDone, let event = try decoder.nextEvent() {
        let step = handle(event, now: now)
        if case .none = step { continue }
        return step
      }
    } catch {
      let problem = Problem(
        error.suggestedStatus,
        "Bad request",
        error.description,
        remedy: "send a request of HTTP/1.1 within the server's limits"
      )
      refuse(problem.response, now: now)
    }
    return .none
  }

  private func handle(_ event: HTTPRequestEvent, now: MonotonicInstant) -> Step {
    switch event {
    case .head(let head):
      self.head = head
      sequence += 1
      statistics.requests.add(1, ordering: .relaxed)
      decoder.maximumBodyBytes = nil
      deadline = now.advanced(by: HTTPDeadlines.body)
      return take(router.answer(head, at: replyAddress), now: now)
    case .body(let bytes):
      return receiveBody(bytes, now: now)
    case .end:
      return endBody(now: now)
    }
  }

  private func receiveBody(_ bytes: ArraySlice<UInt8>, now: MonotonicInstant) -> Step {
    switch phase {
    case .collecting(let limit, var collected, let then):
      guard collected.count + bytes.count <= limit else {
        refuse(Problem.tooLarge(limit: limit).response, now: now)
        return .none
      }
      phase = .discarding
      collected.append(contentsOf: bytes)
      phase = .collecting(limit: limit, bytes: collected, then: then)
    case .streaming(let intake, _):
      step(intake.receive(bytes), of: intake, now: now)
    case .head, .held, .discarding, .lingering:
      break
    }
    return .none
  }

  private func endBody(now: MonotonicInstant) -> Step {
    switch phase {
    case .collecting(_, let bytes, let then):
      phase = .head
      return take(then(bytes), now: now, bodyIsWhole: true)
    case .streaming(let intake, _):
      hasWholeBody = true
      step(intake.finish(), of: intake, now: now)
    case .discarding:
      phase = .head
      deadline = now.advanced(by: HTTPDeadlines.idle)
    case .head, .held, .lingering:
      break
    }
    return .none
  }

  /// Whether the streamed body at hand has been read to its end.
  private var hasWholeBody = false

  // MARK: Answers

  private func take(_ answer: Answer, now: MonotonicInstant, bodyIsWhole: Bool = false) -> Step {
    switch answer {
    case .response(let response):
      phase = bodyIsWhole ? .head : .discarding
      send(response, now: now)
    case .collect(let limit, let then):
      if let length = head?.contentLength, length > limit {
        refuse(Problem.tooLarge(limit: limit).response, now: now)
        return .none
      }
      phase = .collecting(limit: limit, bytes: [], then: then)
      sendContinue()
    case .stream(let intake):
      hasWholeBody = false
      phase = .streaming(intake, isPaused: false)
      sendContinue()
    case .held(let topic, let ticket):
      phase = .held(topic, ticket)
      deadline = now.advanced(by: HTTPDeadlines.held)
    case .webSocket(let key):
      isDone = true
      return .webSocket(key: key, rest: decoder.takeBuffered())
    case .eventStream(let request):
      isDone = true
      return .eventStream(request)
    }
    return .none
  }

  private func step(_ step: IntakeStep, of intake: any BodyIntake, now: MonotonicInstant) {
    switch step {
    case .more: phase = .streaming(intake, isPaused: false)
    case .pause: phase = .streaming(intake, isPaused: true)
    case .answer(let response):
      if hasWholeBody {
        phase = .head
        send(response, now: now)
      } else {
        refuse(response, now: now)
      }
    }
  }

  private func sendContinue() {
    guard let head, head.expectsContinue, decoder.bufferedCount == 0 else { return }
    _ = connection.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
  }

  private func send(_ response: HTTPResponse, now: MonotonicInstant) {
    statistics.count(status: response.status)
    let keepsAlive = !response.closes && head?.keepsAlive ?? false && !router.isShuttingDown
    let bytes = response.encode(isHead: head?.method == "HEAD", keepsAlive: keepsAlive)
    deadline = now.advanced(by: HTTPDeadlines.idle)
    if !connection.send(bytes) { isDone = true }
    if !keepsAlive { linger(now: now) }
  }

  /// Answers a request whose body is not wanted and ends the connection.
  private func refuse(_ response: HTTPResponse, now: MonotonicInstant) {
    if case .lingering = phase { return }
    if case .streaming(let intake, _) = phase { intake.cancel() }
    var response = response
    response.closes = true
    send(response, now: now)
  }

  /// Waits a little for the peer to read the last answer: closing at once, with bytes unread, would
  /// make the kernel drop it.
  private func linger(now: MonotonicInstant) {
    phase = .lingering
    deadline = now.advanced(by: HTTPDeadlines.linger)
    if peerHasFinished { isDone = true }
  }

  // MARK: Later

  private var replyAddress: Router.ReplyAddress {
    Router.ReplyAddress(connection: connection.id, sequence: sequence)
  }

  /// Sends the answer of a held request, if that is still the one at hand.
  func complete(_ sequence: UInt64, _ response: HTTPResponse, now: MonotonicInstant) -> Step {
    guard sequence == self.sequence, case .held = phase else { return .none }
    phase = .head
    send(response, now: now)
    return process(now: now)
  }

  /// Lets a paused intake go on.
  func resume(_ sequence: UInt64, now: MonotonicInstant) -> Step {
    guard sequence == self.sequence, case .streaming(let intake, true) = phase else {
      return .none
    }
    deadline = now.advanced(by: HTTPDeadlines.body)
    step(intake.resume(), of: intake, now: now)
    return process(now: now)
  }

  /// Does what is due; call it about once a second.
  func tick(now: MonotonicInstant) {
    if case .lingering = phase, connection.isClear, !hasShutWrite {
      hasShutWrite = true
      connection.socket.shutdownWrite()
    }
    guard deadline <= now else { return }
    switch phase {
    case .held(let topic, let ticket):
      // Its completion answers 503.
      topic.withdraw(ticket)
    case .streaming(_, isPaused: true):
      break
    case .head where !decoder.isIdle, .collecting, .streaming:
      refuse(Problem.requestTimeout.response, now: now)
    case .head, .discarding, .lingering:
      isDone = true
    }
  }

  private var hasShutWrite = false

  /// Ends what hangs on the connection, which is gone.
  func end() {
    switch phase {
    case .held(let topic, let ticket): topic.withdraw(ticket)
    case .streaming(let intake, _): intake.cancel()
    case .head, .collecting, .discarding, .lingering: break
    }
    isDone = true
  }

  /// Ends the connection if no request is at work.
  func shutDown() {
    if isIdle { isDone = true }
  }
}

/// How long a peer may take.
enum HTTPDeadlines {
  /// For the head of a request, from its first byte or the opening of the connection.
  static let head: Duration = .seconds(15)
  /// Between two pieces of a body.
  static let body: Duration = .seconds(30)
  /// Between two requests.
  static let idle: Duration = .seconds(75)
  /// For a publish that a slow consumer holds back.
  static let held: Duration = .seconds(20)
  /// For reading the last answer.
  static let linger: Duration = .seconds(2)
}
