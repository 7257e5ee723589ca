// SPDX-License-Identifier: Apache-2.0
public import Sinks
public import Storage
public import Streams

/// The webhooks of a process, with the event loop that sends them.
public struct WebhookHost: Sendable {
  /// Makes, lists and removes them.
  public let service: WebhookService
  private let sender: HTTPWebhookSender
  private let report: @Sendable (String) -> Void

  /// Makes the webhooks of a store; nothing is sent before ``run()``.
  ///
  /// - Parameters:
  ///   - log: Where they are stored.
  ///   - topics: Whose events they send.
  ///   - report: Says something to whoever runs the server; called from any thread.
  /// - Throws: `SystemError` when there is no descriptor or thread left, `HTTPClient.Failure` for a libcurl that is
  ///   too old.
  public init(
    log: EventLog,
    topics: TopicDirectory,
    report: @escaping @Sendable (String) -> Void
  ) throws {
    let sender = try HTTPWebhookSender(agent: "weir/\(VersionCommand.version)")
    self.sender = sender
    self.report = report
    service = WebhookService(log: log, sender: sender, clock: topics.clock, report: report) {
      TopicFeed(try topics.topic($0))
    }
  }

  /// Delivers until the task is cancelled; what is at hand then is sent again after the next start.
  public func run() async {
    do throws(StorageError) {
      try await service.start()
    } catch {
      report("webhooks can't be read and stand still: \(error)")
    }
    // Ends by cancellation.
    while (try? await Task.sleep(for: .seconds(3_600))) != nil {}
    await service.stop()
    await sender.close()
  }
}
