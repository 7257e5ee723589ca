// SPDX-License-Identifier: Apache-2.0
import Foundation
import Storage
import Streams
import Synchronization
import Transport
import WeirTesting

@testable import Sinks

/// Receivers that answer what a test says, and remember what they were sent.
final class ProbeReceivers: WebhookSender {
  typealias Reply = Result<WebhookAnswer, HTTPClient.Failure>
  /// Answers the message to a URL, of which it was sent so many before.
  typealias Script = @Sendable (_ message: WebhookMessage, _ earlier: Int) async -> Reply

  private struct State {
    var messages: [WebhookMessage] = []
    var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())
  private let script: Script

  init(_ script: @escaping Script = { _, _ in .success(WebhookAnswer(status: 204)) }) {
    self.script = script
  }

  /// What was sent, in order.
  var messages: [WebhookMessage] { state.withLock { $0.messages } }

  func messages(to url: String) -> [WebhookMessage] { messages.filter { $0.url == url } }

  /// Suspends until so many were sent.
  func sent(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.messages.count >= count { return true }
        state.waiters.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  func send(_ message: WebhookMessage) async -> Reply {
    let (earlier, due) = state.withLock { state in
      let earlier = state.messages.count { $0.url == message.url }
      state.messages.append(message)
      let due = state.waiters.filter { $0.count <= state.messages.count }
      state.waiters.removeAll { $0.count <= state.messages.count }
      return (earlier, due)
    }
    for waiter in due { waiter.continuation.resume() }
    return await script(message, earlier)
  }

  /// Never answers.
  static func silence() async -> Reply {
    let signal = WakeSignal()
    await withTaskCancellationHandler {
      await signal.wait()
    } onCancel: {
      signal.give()
    }
    return .failure(.cancelled)
  }
}

/// A store, topics, a clock that a test moves and a service: one life of a process.
final class WebhookWorld {
  let directory: String
  let log: EventLog
  let topics: TopicDirectory
  let clock: ManualClock
  let receivers: ProbeReceivers
  let service: WebhookService

  init(
    in directory: String,
    topics: TopicDirectory? = nil,
    clock: ManualClock = ManualClock(1_000_000),
    chance: Double = 0,
    settings: StorageSettings = StorageSettings(),
    _ receivers: ProbeReceivers = ProbeReceivers()
  ) throws {
    let topics = topics ?? TopicDirectory(clock: clock)
    (self.directory, self.topics, self.clock, self.receivers) = (
      directory, topics, clock, receivers
    )
    log = try EventLog(directory: directory, settings: settings)
    let said = HeardLines()
    heard = said
    service = WebhookService(
      log: log,
      sender: receivers,
      clock: clock,
      chance: { chance },
      report: { said.add($0) },
      findFeed: { TopicFeed(try topics.topic($0)) }
    )
  }

  /// What whoever runs the server was told.
  let heard: HeardLines

  func topic(_ name: String = "t") throws -> Topic<Event> { try topics.topic(name) }

  @discardableResult
  func add(
    _ url: String = "https://example.com/hook",
    topic: String = "t",
    secret: String? = nil
  ) async throws -> AddedWebhook {
    try await service.add(
      WebhookRequest(url: url, topic: topic, secret: secret.map(WebhookSecretText.init))
    )
  }

  /// Suspends until the board says so, or the test takes too long.
  func reaches(_ isReached: (WebhookBoard.Counts) -> Bool) async {
    while !isReached(service.board.counts), !Task.isCancelled { await Task.yield() }
  }

  /// Lets attempts fail until nobody waits any more.
  func pass(attempts count: Int) async {
    for number in 1..<count {
      await receivers.sent(number)
      await clock.sleepers(1)
      clock.advance(to: clock.nextDeadline)
    }
    await receivers.sent(count)
  }

  /// Ends the process as it should end.
  func end() async {
    await service.stop()
    log.close()
  }

  /// What a process that is killed now leaves.
  func image(in place: String) throws { try Self.image(of: directory, in: place) }

  static func image(of directory: String, in place: String) throws {
    let files = FileManager.default
    try files.createDirectory(atPath: place, withIntermediateDirectories: true)
    for name in ["weir.db", "weir.db-wal"] {
      try files.copyItem(atPath: "\(directory)/\(name)", toPath: "\(place)/\(name)")
    }
  }
}

/// Lines that were said, from any thread.
final class HeardLines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }
  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// A directory of its own for a test, gone with the last who holds it.
final class WebhookPlace: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("weir-webhooks-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension WebhookMessage {
  /// The value of a field.
  subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  /// The offset that its body tells.
  var offset: Offset {
    let parts = text(body).split(separator: #""offset":""#)
    return parts.count == 2 ? Offset(parts[1].prefix { $0 != "\"" }) ?? 0 : 0
  }
}
