// SPDX-License-Identifier: Apache-2.0
public import Storage
public import Streams

/// Entries of a topic that follow each other.
public struct WebhookPage: Sendable {
  /// The life of the topic's log.
  public var epoch: Epoch
  /// The entries, without a hole among them.
  public var entries: [EventEntry]
  /// What was gone before the first of them.
  public var gap: Gap?

  /// Makes a page.
  public init(epoch: Epoch, entries: [EventEntry] = [], gap: Gap? = nil) {
    (self.epoch, self.entries, self.gap) = (epoch, entries, gap)
  }
}

/// Why entries could not be read.
public enum WebhookFeedError: Error, Hashable, Sendable {
  /// They are damaged, and will be.
  case damaged(Gap, String)
  /// They can't be read now.
  case unavailable(String)
}

/// What a webhook reads its entries from: a topic, whether it is stored or not.
public protocol WebhookFeed: Sendable {
  /// The place behind the newest entry.
  var end: CursorPlace { get }

  /// Reads entries behind a place; of another life than that of the place, from the oldest on.
  ///
  /// - Parameters:
  ///   - place: Where the reader stands.
  ///   - limit: The most entries.
  ///   - bytes: About the most bytes of data, but for one entry.
  /// - Returns: What is there now, which may be nothing.
  /// - Throws: ``WebhookFeedError``.
  func read(
    after place: CursorPlace,
    limit: Int,
    bytes: Int
  ) async throws(WebhookFeedError) -> WebhookPage

  /// Suspends until there is something behind a place, or the task is cancelled.
  func news(after place: CursorPlace) async
}
