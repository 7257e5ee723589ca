// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization
import Transport

/// One connection that speaks HTTP/1.1, one request after the other; confined to its loop.
final class HTTPConnection {
  enum Step {
    /// Go on.
    case none
    /// The connection has become something else; it is not this object's any more.
    case webSocket(WebSocketOpening, rest: [UInt8])
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
  private let deadlines: HTTPDeadlines
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
    deadlines = router.deadlines
    decoder = HTTPRequestDecoder(limits: router.limits)
    deadline = now.advanced(by: deadlines.head)
  }

  /// Whether bytes should be read from the socket: not while an answer is awaited, and not while the
  /// peer leaves too many untaken.
  var wantsInput: Bool {
    switch phase {
    case .streaming(_, isPaused: true), .held: false
    case .lingering: true
    case .head, .collecting, .streaming, .discarding:
      connection.outbound.count < FanOutLimits.unheardBytes
    }
  }

  /// Whether everything was said and only the peer's end is awaited.
  var isLingering: Bool { if case .lingering = phase { true } else { false } }

  /// Whether no request is at work.
  var isIdle: Bool {
    if case .head = phase { decoder.isIdle } else { false }
  }

  // MARK: Input

  func receive(_ bytes: [UInt8], now: MonotonicInstant) -> Step {
    if isLingering { return .none }
    if isIdle { deadline = now.advanced(by: deadlines.head) }
    decoder.receive(bytes)
    // Only a streamed body may take as long as it likes, if it keeps coming.
    if case .streaming = phase { deadline = now.advanced(by: deadlines.pause) }
    return process(now: now)
  }

  /// Hears that the peer will send nothing more, though what it sent may not be read yet.
  ///
  /// Somebody who is gone looks the same, so a pause has an end from now on.
  func peerFinished(now: MonotonicInstant) {
    guard !peerHasFinished else { return }
    peerHasFinished = true
    if case .streaming(_, isPaused: true) = phase { deadline = now.advanced(by: deadlines.held) }
  }

  /// Hears that everything was read that the peer will ever send.
  func receiveEnd() {
    peerHasFinished = true
    switch phase {
    case .head, .collecting, .discarding, .lingering: isDone = true
    case .streaming(let intake, _):
      intake.cancel()
      isDone = true
    case .held: break
    }
  }

  /// Goes through what was received, as far as answers can be given.
  func process(now: MonotonicInstant) -> Step {
    do {
      while wantsInput, !isLingering, !isDone, let event = try decoder.nextEvent() {
        let step = handle(event, now: now)
        if case .none = step { continue }
        return step
      }
    } catch {
      // The head at fault is none, and the one before it was answered.
      if case .head = phase { head = nil }
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
      deadline = now.advanced(by: deadlines.body)
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
      deadline = now.advanced(by: deadlines.idle)
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
      guard bodyIsWhole || mayDiscardBody else {
        refuse(response, now: now)
        return .none
      }
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
      deadline = now.advanced(by: deadlines.held)
    case .webSocket(let opening):
      isDone = true
      return .webSocket(opening, rest: decoder.takeBuffered())
    case .eventStream(let request):
      isDone = true
      return .eventStream(request)
    }
    return .none
  }

  /// Whether a body that nobody wants is small, and on its way: else it is not worth the connection.
  private var mayDiscardBody: Bool {
    guard let head else { return false }
    if head.fields["Transfer-Encoding"] != nil { return false }
    let length = head.contentLength ?? 0
    return length <= HTTPLimits.discardedBytes && (length == 0 || !head.expectsContinue)
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
    let keepsAlive = !response.closes && head?.keepsAlive ?? false && !router.isShuttingDown
    deadline = now.advanced(by: deadlines.idle)
    let bytes = encode(response, keepsAlive: keepsAlive)
    if connection.send(bytes) {
      statistics.count(status: response.status)
    } else if connection.send(encode(Problem.answerTooLarge.response, keepsAlive: keepsAlive)) {
      statistics.count(status: Problem.answerTooLarge.status)
    } else {
      isDone = true
    }
    if !keepsAlive { linger(now: now) }
  }

  private func encode(_ response: HTTPResponse, keepsAlive: Bool) -> [UInt8] {
    var response = response
    if let head {
      for field in router.crossOriginFields(head) {
        response.fields.append(field.name, field.value)
      }
    }
    return response.encode(
      isHead: head?.method == "HEAD",
      keepsAlive: keepsAlive,
      minorVersion: head?.minorVersion ?? 1
    )
  }

  /// Answers a request whose body is not wanted and ends the connection.
  private func refuse(_ response: HTTPResponse, now: MonotonicInstant) {
    if isLingering { return }
    if case .streaming(let intake, _) = phase { intake.cancel() }
    var response = response
    response.closes = true
    send(response, now: now)
  }

  /// Waits a little for the peer to read the last answer: closing at once, with bytes unread, would
  /// make the kernel drop it.
  private func linger(now: MonotonicInstant) {
    phase = .lingering
    deadline = now.advanced(by: deadlines.linger)
  }

  /// Tells the peer that nothing follows, once everything was written.
  func shutWriteIfLingering() {
    guard isLingering, connection.isClear, !hasShutWrite else { return }
    hasShutWrite = true
    connection.socket.shutdownWrite()
  }

  private var hasShutWrite = false

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
    deadline = now.advanced(by: deadlines.pause)
    step(intake.resume(), of: intake, now: now)
    return process(now: now)
  }

  /// Does what is due; call it about once a second.
  func tick(now: MonotonicInstant) {
    guard deadline <= now else { return }
    switch phase {
    case .held(let topic, let ticket):
      // Its completion answers 503.
      topic.withdraw(ticket)
    case .streaming(let intake, isPaused: true):
      if peerHasFinished { refuse(intake.interrupt(.heldTooLong), now: now) }
    case .head where !decoder.isIdle, .collecting, .streaming:
      refuse(Problem.requestTimeout.response, now: now)
    case .head, .discarding, .lingering:
      isDone = true
    }
  }

  /// Ends what hangs on the connection, which is gone.
  func end() {
    switch phase {
    case .held(let topic, let ticket): topic.withdraw(ticket)
    case .streaming(let intake, _): intake.cancel()
    case .head, .collecting, .discarding, .lingering: break
    }
    isDone = true
  }

  /// Ends the connection as soon as its request allows: what is held back is given back.
  func shutDown(now: MonotonicInstant) {
    switch phase {
    case .head: if decoder.isIdle { isDone = true }
    // Its completion answers 503.
    case .held(let topic, let ticket): topic.withdraw(ticket)
    case .streaming(let intake, _): refuse(intake.interrupt(.shuttingDown), now: now)
    case .collecting, .discarding, .lingering: break
    }
  }
}
