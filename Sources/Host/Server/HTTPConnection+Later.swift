// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

// What happens without new bytes from the peer.
extension HTTPConnection {
  var replyAddress: Router.ReplyAddress {
    Router.ReplyAddress(worker: router.worker, connection: connection.id, sequence: sequence)
  }

  /// Sends the answer of a held request, if that is still the one at hand.
  func complete(_ sequence: UInt64, _ response: HTTPResponse, now: MonotonicInstant) -> Step {
    guard sequence == self.sequence, case .held = phase else { return .none }
    phase = .head
    whenGone = nil
    send(response, now: now)
    return process(now: now)
  }

  /// Begins an event stream that the request at hand has waited for.
  func open(_ sequence: UInt64, _ request: EventStreamRequest, now: MonotonicInstant) -> Step {
    guard sequence == self.sequence, case .held = phase, !isDone else { return .none }
    isDone = true
    whenGone = nil
    return .eventStream(request)
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
  ///
  /// - Returns: Whether it must be looked at: something was due, or its end is near.
  @discardableResult
  func tick(now: MonotonicInstant) -> Bool {
    guard deadline <= now else { return isDone || isLingering }
    switch phase {
    case .held(let publish): giveUp(publish, now: now)
    case .streaming(let intake, isPaused: true):
      if intake.awaitsDisk {
        refuse(intake.abandon(.partStoredTooLong), now: now)
      } else if peerHasFinished {
        interrupt(intake, .heldTooLong, now: now)
      }
    case .streaming(let intake, isPaused: false):
      statistics.count(.slowBody)
      interrupt(intake, .requestTimeout, now: now)
    case .collecting:
      refuse(.requestTimeout, as: .slowBody, now: now)
    case .head where !connection.isClear, .discarding where !connection.isClear:
      awaitReader(now: now)
    case .lingering where !connection.isClear:
      // The first look comes early, and asks for nothing.
      if hasAwaitedReader { awaitReader(now: now) } else { goOnWaiting(now: now) }
    case .head where !decoder.isIdle:
      refuse(.requestTimeout, as: .slowHead, now: now)
    case .head, .discarding, .lingering:
      if !isLingering { statistics.count(.idle) }
      isDone = true
    }
    return true
  }

  /// Ends the wait for a publish or a read that takes too long.
  private func giveUp(
    _ publish: (topic: Topic<Event>, ticket: HeldTicket)?,
    now: MonotonicInstant
  ) {
    guard let publish else {
      letGo()
      let problem: Problem = head?.method == "GET" ? .readTooLong : .changedTooLong
      return refuse(problem.response, now: now)
    }
    // The completion of one that could be taken back answers 503.
    guard !publish.topic.withdraw(publish.ticket), publish.topic.isDurable else { return }
    refuse(Problem.storedTooLong.response, now: now)
  }

  /// Goes on waiting for a peer that takes its answers slowly, unless it takes next to nothing.
  ///
  /// While the server holds as much as it may, nobody is waited for who was waited for before.
  private func awaitReader(now: MonotonicInstant) {
    let least = writtenAtDeadline + HTTPLimits.leastTakenBytes
    if connection.writtenBytes >= least, !services.budget.isExhausted {
      goOnWaiting(now: now)
    } else {
      statistics.count(.slowReader)
      isDone = true
    }
  }

  private func goOnWaiting(now: MonotonicInstant) {
    hasAwaitedReader = true
    writtenAtDeadline = connection.writtenBytes
    deadline = now.advanced(by: deadlines.idle)
  }

  /// Ends what hangs on the connection, which is gone.
  func end() {
    switch phase {
    case .held(let publish): if let publish { publish.topic.withdraw(publish.ticket) }
    case .streaming(let intake, _): intake.cancel()
    case .head, .collecting, .discarding, .lingering: break
    }
    letGo()
    isDone = true
  }

  /// Takes back what was prepared for the peer, if it waits for that.
  private func letGo() {
    whenGone?()
    whenGone = nil
  }

  /// Ends the connection as soon as its request allows: what is held back is given back.
  ///
  /// A request may be on its way on a connection that is kept: it is waited for, and answered as the
  /// last one, so that a proxy which knows nothing of the end loses nothing.
  ///
  /// - Parameters:
  ///   - now: The loop's time.
  ///   - patience: How long to wait for it.
  func shutDown(now: MonotonicInstant, patience: Duration) {
    idlePatience = patience
    switch phase {
    case .head: if decoder.isIdle { deadline = min(deadline, now.advanced(by: patience)) }
    // Its completion answers 503; what is being stored or read is waited for.
    case .held(let publish): if let publish { publish.topic.withdraw(publish.ticket) }
    case .streaming(let intake, _): interrupt(intake, .shuttingDown, now: now)
    case .collecting, .discarding, .lingering: break
    }
  }

  /// Ends a streamed body, at once or as soon as it is known what of it was stored.
  func interrupt(_ intake: any BodyIntake, _ reason: Problem, now: MonotonicInstant) {
    switch intake.interrupt(reason) {
    case .answer(let response): refuse(response, now: now)
    case .more, .pause: phase = .streaming(intake, isPaused: true)
    }
  }
}
