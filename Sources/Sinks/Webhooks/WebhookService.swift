// SPDX-License-Identifier: Apache-2.0
public import Storage
public import Streams
import Transport

/// The webhooks of a server: each delivers the events of a topic to a URL, at least once and in order.
///
/// They do not wait for each other: a receiver that is gone delays its own events and no others'.
public actor WebhookService {
  /// Finds or makes what a topic is read from; throws what names the topic and says what is wrong with it.
  public typealias FindFeed = @Sendable (_ topic: String) throws -> any WebhookFeed

  /// What they have done and where they stand; read from any thread.
  public nonisolated let board = WebhookBoard()
  /// Where their time comes from.
  public nonisolated let clock: any EngineClock

  private let log: EventLog
  private let sender: any WebhookSender
  private let findFeed: FindFeed
  private let chance: @Sendable () -> Double
  private let report: @Sendable (String) -> Void
  private var tasks: [String: Task<Void, Never>] = [:]
  private var isStopped = false

  /// Makes a service; nothing is delivered before ``start()``.
  ///
  /// - Parameters:
  ///   - log: Where webhooks are stored.
  ///   - sender: Sends messages.
  ///   - clock: Where time comes from.
  ///   - chance: From 0 to below 1, by which attempts are spread.
  ///   - report: Says something to whoever runs the server; called from any thread, never with a secret.
  ///   - findFeed: Finds what a topic is read from.
  public init(
    log: EventLog,
    sender: any WebhookSender,
    clock: any EngineClock = SystemClock(),
    chance: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
    report: @escaping @Sendable (String) -> Void,
    findFeed: @escaping FindFeed
  ) {
    (self.log, self.sender, self.clock) = (log, sender, clock)
    (self.chance, self.report, self.findFeed) = (chance, report, findFeed)
  }

  /// Goes on with the webhooks that are stored.
  ///
  /// - Throws: ``StorageError`` if they can't be read.
  public func start() async throws(StorageError) {
    for webhook in try await log.webhooks() { run(webhook) }
  }

  /// Stops delivering; what is at hand is sent again after the next start.
  public func stop() async {
    isStopped = true
    for task in tasks.values { task.cancel() }
    for task in tasks.values { await task.value }
    tasks = [:]
  }

  private func run(_ webhook: StoredWebhook) {
    guard !isStopped, tasks[webhook.id] == nil else { return }
    let feed: (any WebhookFeed)?
    var problem: String?
    do {
      feed = try findFeed(webhook.draft.topic)
    } catch {
      (feed, problem) = (nil, "\(error)")
      report("webhook \(webhook.id) can't read its topic: \(error)")
    }
    let entry = WebhookBoard.Entry(
      place: webhook.place,
      isDisabled: webhook.disabled != nil,
      problem: problem,
      feed: feed
    )
    board.set(webhook.id, entry)
    guard let feed, webhook.disabled == nil else { return }
    let runner = WebhookRunner(
      webhook: webhook,
      feed: feed,
      log: log,
      sender: sender,
      clock: clock,
      schedule: .standard,
      chance: chance,
      board: board,
      report: report
    )
    tasks[webhook.id] = Task { await runner.run() }
  }

  // MARK: Changing

  /// Makes a webhook and begins to deliver what is published from now on.
  ///
  /// - Parameter request: The webhook.
  /// - Returns: It, with its key if that was made here: nobody will be told again.
  /// - Throws: ``WebhookRefusal``; nothing was made.
  public func add(_ request: WebhookRequest) async throws(WebhookRefusal) -> AddedWebhook {
    let url = try request.checkedURL()
    let key = try request.checkedKey()
    let feed: any WebhookFeed
    do { feed = try findFeed(request.topic) } catch { throw .topic("\(error)") }
    let draft = WebhookDraft(
      id: WebhookRequest.makeID(),
      url: url,
      topic: request.topic,
      secret: key.secret,
      allowsPrivate: request.allowsPrivate,
      start: feed.end
    )
    let webhook: StoredWebhook
    do throws(StorageError) {
      webhook = try await log.addWebhook(draft, at: clock.now)
    } catch {
      throw .store(error)
    }
    run(webhook)
    return AddedWebhook(webhook: webhook, madeKey: request.secret == nil ? key : nil)
  }

  /// Ends a webhook and forgets it.
  ///
  /// - Throws: ``StorageError``; with reason `unknown` it was not there.
  public func remove(_ id: String) async throws(StorageError) {
    try await log.removeWebhook(id)
    board.set(id, nil)
    guard let task = tasks.removeValue(forKey: id) else { return }
    task.cancel()
    await task.value
  }

  // MARK: Looking

  /// All webhooks as they are stored, in the order in which they were made.
  ///
  /// - Throws: ``StorageError``.
  public func all() async throws(StorageError) -> [StoredWebhook] { try await log.webhooks() }

  /// What a webhook gave up; see ``EventLog/failedDeliveries(of:after:limit:)``.
  ///
  /// - Throws: ``StorageError``; with reason `unknown` there is no such webhook.
  public func failures(
    of id: String,
    after last: Int64,
    limit: Int
  ) async throws(StorageError) -> [FailedDelivery] {
    try await log.failedDeliveries(of: id, after: last, limit: limit)
  }
}
