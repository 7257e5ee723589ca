// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization

/// Takes events line by line and stores them in order, in chunks, with constant memory.
///
/// While a lossless consumer has no room the body is read no further.
final class NDJSONIntake: BodyIntake {
  private let topic: Topic<Event>
  private let reader: EventReader
  private let isEnveloped: Bool
  private let skipsErrors: Bool
  private let reply: Router.ReplyAddress
  private var splitter = LineSplitter(maximumLineBytes: PublishLimits.lineBytes)
  private var chunk: [Event] = []
  private var chunkBytes = 0
  /// An event that did not fit into the chunk any more: the first of the next one.
  private var carried: Event?
  private var receipt = StreamedReceipt()
  private var problem: Problem?
  private var isFinished = false
  /// The chunk that is held back: its ticket and size.
  private var held: (ticket: HeldTicket, count: Int)?
  private let outcome = HeldOutcome()
  /// Why nothing more is stored once the fate of the held chunk is known.
  private var interruption: Problem?

  /// Why its publisher may not go on; `nil` while it may.
  private let failure: () -> TokenFailure?

  init(
    _ topic: Topic<Event>,
    _ reader: EventReader,
    _ context: RequestContext,
    failure: @escaping () -> TokenFailure? = { nil }
  ) throws(Problem) {
    self.failure = failure
    self.topic = topic
    self.reader = reader
    reply = context.reply
    isEnveloped = try Self.choice("envelope", ["cloudevents"], context)
    skipsErrors = try Self.choice("onError", ["skip", "stop"], context, "skip")
    receipt.topic = topic.name
    receipt.epoch = topic.epoch
    receipt.reportsRefusals = skipsErrors
  }

  /// Whether a query item has its first known value.
  private static func choice(
    _ name: String,
    _ known: [String],
    _ context: RequestContext,
    _ chosen: String? = nil
  ) throws(Problem) -> Bool {
    guard let value = try context.query(name) else { return false }
    guard known.contains(value) else {
      throw Problem(
        400,
        "Bad \(name)",
        "'\(name)' is '\(value)'",
        remedy: "use \(known.joined(separator: " or ")), or leave it out",
        field: name
      )
    }
    return value == chosen ?? known[0]
  }

  /// Bytes of lines that are not whole, and of events that are not stored.
  var heldBytes: Int { splitter.bufferedCount + chunkBytes + (carried?.data.count ?? 0) }

  func receive(_ bytes: ArraySlice<UInt8>) -> IntakeStep {
    if let failure = failure() {
      let problem = Problem(
        401,
        "Not accepted any more",
        "\(failure) (\(failure.code))",
        remedy: "go on with a newer token, behind what was stored",
        field: "Authorization"
      )
      return interrupt(problem)
    }
    splitter.receive(bytes)
    return work()
  }

  func finish() -> IntakeStep {
    splitter.receiveEnd()
    isFinished = true
    return work()
  }

  func resume() -> IntakeStep {
    guard let waiting = held, let result = outcome.take() else { return .pause }
    held = nil
    switch result {
    case .success(let stored): receipt.add(stored, count: waiting.count)
    case .failure(let error): fail(Problem(error), line: nil)
    }
    if let interruption { return answer(interruption) }
    return work()
  }

  func interrupt(_ reason: Problem) -> IntakeStep {
    guard let waiting = held, !topic.withdraw(waiting.ticket) else {
      held = nil
      return answer(reason)
    }
    // It was stored at the last moment; the thread that did it may not have said so yet.
    interruption = reason
    return resume()
  }

  /// Whether the chunk at hand was handed to a disk.
  var awaitsDisk: Bool { held != nil && topic.isDurable }

  func abandon(_ reason: Problem) -> HTTPResponse {
    held = nil
    var problem = reason
    problem.accepted = receipt
    return problem.response
  }

  /// Ends with a problem that says what was stored.
  private func answer(_ problem: Problem) -> IntakeStep { .answer(abandon(problem)) }

  func cancel() {
    if let held { topic.withdraw(held.ticket) }
    held = nil
  }

  /// Stores what is there, chunk by chunk.
  private func work() -> IntakeStep {
    while held == nil {
      let hasMore = problem == nil && fillChunk()
      if !chunk.isEmpty { store() } else if !hasMore { break }
    }
    if held != nil { return .pause }
    if let problem { return answer(problem) }
    return isFinished ? .answer(receipt.response) : .more
  }

  /// Reads lines into the chunk; answers whether there may be more of them.
  private func fillChunk() -> Bool {
    if let event = carried {
      carried = nil
      add(event)
    }
    let most = min(PublishLimits.chunkLines, topic.retention.maximumPublishCount)
    while chunk.count < most, carried == nil {
      guard let line = splitter.nextEvent() else { return false }
      take(line)
      if problem != nil { return false }
    }
    return true
  }

  private func take(_ line: LineEvent) {
    switch line {
    case .line(let bytes, let number):
      guard bytes.contains(where: { $0 != 32 && $0 != 9 }) else { return }
      do throws(Problem) {
        add(try read(bytes))
      } catch {
        fail(error, line: number)
      }
    case .oversized(let number):
      fail(
        Problem(
          422,
          "Line too long",
          "a line has more than \(PublishLimits.lineBytes) bytes",
          remedy: "send smaller events"
        ),
        line: number
      )
    }
  }

  private func add(_ event: Event) {
    guard chunk.isEmpty || chunkBytes + event.weight <= topic.retention.maximumPublishBytes else {
      carried = event
      return
    }
    chunk.append(event)
    chunkBytes += event.weight
  }

  private func read(_ bytes: some Collection<UInt8>) throws(Problem) -> Event {
    let view: JSONView
    do {
      view = try JSONView.parse(Array(bytes))
    } catch {
      throw Problem(
        422,
        "Bad line",
        "\(error.reason.rawValue) at column \(error.column)",
        remedy: "send one JSON value per line, or use ?onError=skip",
        field: "body"
      )
    }
    let event = isEnveloped ? try reader.event(envelope: view) : try reader.event(data: view)
    guard event.weight <= topic.retention.maximumPublishBytes else {
      throw Problem(
        422,
        "Event too large",
        "an event of '\(topic.name)' has at most \(topic.retention.maximumPublishBytes) bytes",
        remedy: "send smaller events, or raise the topic's \"maximumBytes\""
      )
    }
    return event
  }

  private func fail(_ problem: Problem, line: Int?) {
    if skipsErrors, let line {
      receipt.refuse(line: line, problem.detail)
      return
    }
    self.problem = problem
    self.problem?.line = line
    if problem.status < 500 { self.problem?.status = 422 }
  }

  private func store() {
    let (events, count) = (chunk, chunk.count)
    chunk = []
    chunkBytes = 0
    let (outcome, reply) = (outcome, reply)
    let offer = topic.offer(events) { result in
      outcome.set(result)
      reply.resume()
    }
    switch offer {
    case .stored(let stored): receipt.add(stored, count: count)
    case .held(let ticket): held = (ticket, count)
    case .refused(let error): fail(Problem(error), line: nil)
    }
  }
}

/// Carries what became of a held chunk from the thread that stored it to the loop.
private final class HeldOutcome: Sendable {
  private let result = Mutex<Result<Receipt, PublishError>?>(nil)

  func set(_ result: Result<Receipt, PublishError>) {
    self.result.withLock { $0 = result }
  }

  func take() -> Result<Receipt, PublishError>? {
    result.withLock { $0.take() }
  }
}
