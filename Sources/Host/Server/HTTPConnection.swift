// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization
import Transport

/// One connection that speaks HTTP/1.1, one request after the other; confined to its loop.
final class HTTPConnection {
  /// What becomes of a connection; handed on for each request, so what is large and rare in it lies
  /// elsewhere.
  enum Step {
    /// Go on.
    case none
    /// The connection has become something else; it is not this object's any more.
    indirect case webSocket(WebSocketOpening, rest: [UInt8])
    indirect case eventStream(EventStreamRequest)
  }

  enum Phase {
    case head
    case collecting(limit: Int, bytes: [UInt8], then: any WholeBody)
    case streaming(any BodyIntake, isPaused: Bool)
    /// The answer comes later: when this publish is stored, or, without one, something was read.
    case held((topic: Topic<Event>, ticket: HeldTicket)?)
    /// Answered already; what is left of the body is dropped.
    case discarding
    /// Nothing more is read: the connection ends once the peer has gone or time is up.
    case lingering
  }

  let connection: Connection
  let router: Router
  let deadlines: HTTPDeadlines
  let services: ServerServices
  var decoder: HTTPRequestDecoder
  var phase = Phase.head
  var head: HTTPRequestHead?
  /// What the last head means for its answer.
  var manner = AnswerManner()
  /// What the last head asked for, if it was a publish: mostly it is asked for again.
  var knownPublish: (limit: Int, publish: any WholeBody)?
  /// Called if the peer goes, or is told something else, before what it waits for is there.
  var whenGone: (@Sendable () -> Void)?
  /// Counts requests, so that a late answer finds its own.
  var sequence: UInt64 = 0
  var deadline: MonotonicInstant
  /// How long the next request may be in coming.
  var idlePatience: Duration
  /// What the peer had taken when its deadline was set last.
  var writtenAtDeadline: UInt64 = 0
  var hasAwaitedReader = false
  var peerHasFinished = false
  /// Whether the streamed body at hand has been read to its end.
  var hasWholeBody = false
  var hasShutWrite = false
  /// Set once everything is sent that will be.
  var isDone = false

  init(
    _ connection: Connection,
    router: Router,
    services: ServerServices,
    now: MonotonicInstant
  ) {
    self.connection = connection
    self.router = router
    self.services = services
    deadlines = router.deadlines
    idlePatience = router.deadlines.idle
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

  var statistics: ServerStatistics { services.statistics }

  /// Whether a read that brought less than it might have has brought everything: else the peer's end,
  /// or what a TLS session keeps, is to be read yet, or there is something to go on with later.
  var hasReadAll: Bool { connection.tls == nil && !peerHasFinished && !isDone && wantsInput }

  /// Bytes held for the peer: of requests that are not whole, and answers that were not taken.
  var heldBytes: Int {
    let body =
      switch phase {
      case .collecting(_, let bytes, _): bytes.count
      case .streaming(let intake, _): intake.heldBytes
      case .head, .held, .discarding, .lingering: 0
      }
    return decoder.heldCount + body + connection.heldBytes
  }

  /// Whether no request is at work.
  var isIdle: Bool {
    if case .head = phase { decoder.isIdle } else { false }
  }

  // MARK: Input

  func receive(_ bytes: [UInt8], now: MonotonicInstant) -> Step {
    if isLingering { return .none }
    if isIdle, connection.isClear { deadline = now.advanced(by: deadlines.head) }
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
    // Who will stream is gone as soon as it says nothing more.
    if whenGone != nil { return end() }
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
      while wantsInput, !isLingering, !isDone {
        var step = answerRepeated(now: now)
        if step == nil, let event = try decoder.nextEvent() { step = handle(event, now: now) }
        guard let step else { break }
        if case .none = step { continue }
        return step
      }
    } catch {
      statistics.count(RefusalReason(error))
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

  /// Answers a publish that came as a whole and has the head of the one before; `nil` for anything
  /// else, which goes the long way.
  private func answerRepeated(now: MonotonicInstant) -> Step? {
    guard let known = knownPublish, case .head = phase, known.publish.isReusable,
      !services.budget.isExhausted,
      let (head, body) = decoder.nextRepeatedRequest(maximumBytes: known.limit)
    else { return nil }
    begin(head)
    let answer = known.publish.answer(body, replyingTo: replyAddress)
    return take(answer, now: now, bodyIsWhole: true)
  }

  private func begin(_ head: HTTPRequestHead) {
    self.head = head
    sequence += 1
    statistics.requests.add(1, ordering: .relaxed)
  }

  func handle(_ event: HTTPRequestEvent, now: MonotonicInstant) -> Step {
    switch event {
    case .head(let head):
      if !decoder.repeatsHead {
        manner = AnswerManner(head, router)
        knownPublish = nil
      }
      begin(head)
      decoder.maximumBodyBytes = nil
      deadline = now.advanced(by: deadlines.body)
      if services.budget.isExhausted, !router.isProbe(head) {
        refuse(.tooMuchHeld, as: .memory, now: now)
        return .none
      }
      return take(answer(head), now: now)
    case .body(let bytes):
      return receiveBody(bytes, now: now)
    case .end:
      return endBody(now: now)
    }
  }

  /// Finds what a head asks for; the same head asks for the same, unless it has a token: that expires,
  /// and can be revoked.
  private func answer(_ head: HTTPRequestHead) -> Answer {
    if decoder.repeatsHead, let (limit, publish) = knownPublish, publish.isReusable {
      return .collect(limit: limit, then: publish)
    }
    knownPublish = nil
    let answer = router.answer(head, at: replyAddress)
    if case .collect(let limit, let publish) = answer, publish.isReusable,
      CallerCheck.token(head.fields) == nil
    {
      knownPublish = (limit, publish)
    }
    return answer
  }
}
