// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

// What is answered, and how a connection ends after its last answer.
extension HTTPConnection {
  func take(_ answer: Answer, now: MonotonicInstant, bodyIsWhole: Bool = false) -> Step {
    switch answer {
    case .response(let response):
      guard bodyIsWhole || mayDiscardBody else {
        refuse(response, now: now)
        return .none
      }
      phase = bodyIsWhole ? .head : .discarding
      send(response, now: now)
    case .collect(let limit, let then):
      if let length = decoder.announcedBodyBytes, length > limit {
        refuse(.tooLarge(limit: limit), as: .bodyTooLarge, now: now)
        return .none
      }
      phase = .collecting(limit: limit, bytes: [], then: then)
      sendContinue()
    case .stream(let intake):
      hasWholeBody = false
      phase = .streaming(intake, isPaused: false)
      deadline = now.advanced(by: deadlines.pause)
      sendContinue()
    case .held(let topic, let ticket):
      phase = .held((topic, ticket))
      deadline = now.advanced(by: deadlines.held)
    case .later:
      phase = .held(nil)
      deadline = now.advanced(by: deadlines.held)
    case .waiting(let whenGone):
      phase = .held(nil)
      deadline = now.advanced(by: deadlines.held)
      self.whenGone = whenGone
      if peerHasFinished { end() }
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
  var mayDiscardBody: Bool {
    guard let head, let length = decoder.announcedBodyBytes else { return false }
    return length <= HTTPLimits.discardedBytes && (length == 0 || !head.expectsContinue)
  }

  func step(_ step: IntakeStep, of intake: any BodyIntake, now: MonotonicInstant) {
    switch step {
    case .more: phase = .streaming(intake, isPaused: false)
    case .pause:
      phase = .streaming(intake, isPaused: true)
      if intake.awaitsDisk { deadline = now.advanced(by: deadlines.held) }
    case .answer(let response):
      if hasWholeBody {
        phase = .head
        send(response, now: now)
      } else {
        refuse(response, now: now)
      }
    }
  }

  func sendContinue() {
    guard decoder.bufferedCount == 0, let head, head.expectsContinue else { return }
    _ = connection.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
  }

  func send(_ response: HTTPResponse, now: MonotonicInstant) {
    let keepsAlive = !response.closes && head != nil && manner.keepsAlive && !router.isShuttingDown
    deadline = now.advanced(by: deadlines.idle)
    writtenAtDeadline = connection.writtenBytes
    let bytes = encode(response, keepsAlive: keepsAlive)
    if connection.send(bytes) {
      statistics.count(status: response.status)
    } else if connection.send(encode(Problem.answerTooLarge.response, keepsAlive: keepsAlive)) {
      statistics.count(status: Problem.answerTooLarge.status)
    } else {
      statistics.count(.slowReader)
      isDone = true
    }
    // It may be large, and the next one may be long in coming.
    head = nil
    if !keepsAlive { linger(now: now) }
  }

  func encode(_ response: HTTPResponse, keepsAlive: Bool) -> [UInt8] {
    guard let head else { return response.encode(isHead: false, keepsAlive: keepsAlive) }
    let isUsual = !response.mayBeCoded && manner.crossOriginFields.isEmpty
    return (isUsual ? response : suited(response, for: head)).encode(
      isHead: manner.isHead,
      keepsAlive: keepsAlive,
      minorVersion: manner.minorVersion
    )
  }

  /// The answer as a request likes it: compressed, and readable for its origin.
  private func suited(_ response: HTTPResponse, for head: HTTPRequestHead) -> HTTPResponse {
    var response = response.coded(for: head)
    for field in manner.crossOriginFields { response.fields.append(field.name, field.value) }
    return response
  }

  /// Turns a request away and counts why.
  func refuse(_ problem: Problem, as reason: RefusalReason, now: MonotonicInstant) {
    statistics.count(reason)
    refuse(problem.response, now: now)
  }

  /// Answers a request whose body is not wanted and ends the connection.
  func refuse(_ response: HTTPResponse, now: MonotonicInstant) {
    if isLingering { return }
    if case .streaming(let intake, _) = phase { intake.cancel() }
    var response = response
    response.closes = true
    send(response, now: now)
  }

  /// Waits a little for the peer to read the last answer: closing at once, with bytes unread, would
  /// make the kernel drop it.
  func linger(now: MonotonicInstant) {
    phase = .lingering
    deadline = now.advanced(by: deadlines.linger)
  }

  /// Tells the peer that nothing follows, once everything was written.
  func shutWriteIfLingering(now: MonotonicInstant) {
    guard isLingering, connection.isClear, !hasShutWrite else { return }
    hasShutWrite = true
    deadline = now.advanced(by: deadlines.linger)
    connection.shutdownWrite()
  }
}

/// What a request's head says of how it is answered, whatever it asks for.
struct AnswerManner {
  var isHead = false
  var minorVersion = 1
  var keepsAlive = false
  var crossOriginFields: HTTPFields = [:]

  init() {}

  init(_ head: HTTPRequestHead, _ router: Router) {
    isHead = head.method == "HEAD"
    minorVersion = head.minorVersion
    keepsAlive = head.keepsAlive
    crossOriginFields = router.crossOriginFields(head)
  }
}
