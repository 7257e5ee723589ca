// SPDX-License-Identifier: Apache-2.0
import Transport

/// Stores chunks of events, all or nothing, and waits while the server holds them back.
final class ChunkSender {
  /// How long a wait for room is at most, whatever the server asks for.
  private static let longestWaitSeconds = 10
  /// How often a wait tells about itself.
  private static let sliceMilliseconds = 200

  private let topic: String
  private let client: ServerClient
  private let clock: any CommandClock

  /// Makes a sender for one topic.
  init(to topic: String, client: ServerClient, clock: any CommandClock) {
    self.topic = topic
    self.client = client
    self.clock = clock
  }

  /// Stores a chunk.
  ///
  /// - Parameters:
  ///   - chunk: The events, at least one.
  ///   - tally: What is stored so far, for the message; counts how often the chunk was held back.
  ///   - onHold: Called a few times a second while the server holds it back.
  /// - Returns: Whether it is stored; not when the wait for room was interrupted.
  /// - Throws: ``CommandFailure`` that says what is known about which lines.
  func send(
    _ chunk: EventChunk,
    _ tally: inout IngestTally,
    onHold: (IngestTally) -> Void
  ) throws(CommandFailure) -> Bool {
    let target = ServerTarget.events(of: topic)
    let request = ServerRequest.post(target, "application/cloudevents-batch+json", chunk.body)
    while true {
      let response = try answer(to: request, chunk, tally)
      if response.isSuccess { return true }
      guard let seconds = response.retryAfterSeconds else {
        throw refused(ProblemDocument(response), tally)
      }
      tally.heldBackCount += 1
      if clock.isInterrupted { return false }
      wait(seconds: seconds) { onHold(tally) }
      if clock.isInterrupted { return false }
    }
  }

  /// Sets the mark that says that no more input will come.
  func end(_ tally: IngestTally) throws(CommandFailure) {
    let response: ServerResponse
    do {
      response = try client.send(.post(ServerTarget.topic(topic) + "/end"))
    } catch {
      throw error.failure
    }
    // Where nothing was stored, there may be no topic to end.
    if response.isNotFound, tally.accepted == 0 { return }
    _ = try response.successful()
  }

  private func answer(
    to request: ServerRequest,
    _ chunk: EventChunk,
    _ tally: IngestTally
  ) throws(CommandFailure) -> ServerResponse {
    do {
      // The first Ctrl-C lets the chunk end, the second does not.
      return try client.send(request) { [clock] in clock.interruptCount > 1 }
    } catch {
      guard error.isInDoubt else {
        throw .failure(
          error.what,
          remedy: tally.accepted == 0 ? error.remedy : "\(Self.stored(tally)), nothing after it"
        )
      }
      let range =
        chunk.count == 1
        ? "line \(chunk.lastLine)" : "lines \(chunk.firstLine) to \(chunk.lastLine)"
      throw .failure(error.what, remedy: "\(Self.stored(tally)), \(range) may or may not be")
    }
  }

  private func refused(_ problem: ProblemDocument, _ tally: IngestTally) -> CommandFailure {
    let failure = problem.failure
    let parts = [failure.remedy, "\(Self.stored(tally)), nothing after it"]
    return .failure(failure.what, remedy: parts.filter { !$0.isEmpty }.joined(separator: "; "))
  }

  /// What is known for sure.
  private static func stored(_ tally: IngestTally) -> String {
    tally.accepted == 0
      ? "nothing is stored before it" : "all is stored up to line \(tally.storedLine)"
  }

  private func wait(seconds: Int, onSlice: () -> Void) {
    // Cut before it is multiplied: a server may ask for any number.
    let milliseconds = max(min(seconds, Self.longestWaitSeconds) * 1_000, 100)
    let end = clock.now.advanced(by: .milliseconds(milliseconds))
    while clock.now < end, !clock.isInterrupted {
      onSlice()
      clock.wait(until: min(end, clock.now.advanced(by: .milliseconds(Self.sliceMilliseconds))))
    }
  }
}
