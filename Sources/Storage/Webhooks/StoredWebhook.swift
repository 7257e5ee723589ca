// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A key that signs; whatever prints it prints something else.
public struct WebhookSecret: Hashable, Sendable {
  /// The key.
  public let bytes: [UInt8]

  /// Keeps a key.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Not the key.
  public var description: String { "(secret)" }
  /// Not the key.
  public var debugDescription: String { "(secret)" }
  /// Not the key.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where events of a topic are delivered to.
public struct WebhookDraft: Hashable, Sendable {
  /// Its name for people and programs, which nobody else has.
  public var id: String
  /// The address, judged by the caller.
  public var url: String
  /// The topic's name.
  public var topic: String
  /// What signs.
  public var secret: WebhookSecret
  /// Whether it may lead to loopback and private addresses.
  public var allowsPrivate: Bool
  /// Behind which entry it begins.
  public var start: CursorPlace

  /// Describes a webhook.
  public init(
    id: String,
    url: String,
    topic: String,
    secret: WebhookSecret,
    allowsPrivate: Bool,
    start: CursorPlace
  ) {
    (self.id, self.url, self.topic, self.secret) = (id, url, topic, secret)
    (self.allowsPrivate, self.start) = (allowsPrivate, start)
  }
}

/// A delivery that has failed and will be tried again.
public struct PendingDelivery: Hashable, Sendable {
  /// The entry's offset, in the epoch of the webhook's cursor.
  public var offset: Offset
  /// How often it was tried.
  public var attempts: Int
  /// When it is tried again.
  public var due: Timestamp

  /// Describes what has failed so far.
  public init(offset: Offset, attempts: Int, due: Timestamp) {
    (self.offset, self.attempts, self.due) = (offset, attempts, due)
  }
}

/// An entry that was given up.
public struct FailedDelivery: Hashable, Sendable {
  /// Its number among those of all webhooks; 0 before it is stored.
  public var number: Int64 = 0
  /// Where the entry is.
  public var place: CursorPlace
  /// How often it was tried.
  public var attempts: Int
  /// When it was given up.
  public var instant: Timestamp
  /// Why the last attempt failed.
  public var reason: String

  /// Describes an entry that was given up.
  public init(_ place: CursorPlace, attempts: Int, at instant: Timestamp, reason: String) {
    (self.place, self.attempts, self.instant, self.reason) = (place, attempts, instant, reason)
  }
}

/// How many entries a webhook is done with, and how.
public struct WebhookTotals: Hashable, Sendable {
  /// Those that the receiver took.
  public var delivered: UInt64
  /// Those that were given up.
  public var failed: UInt64
  /// Those that were gone before they could be sent.
  public var missed: UInt64

  /// Counts.
  public init(delivered: UInt64 = 0, failed: UInt64 = 0, missed: UInt64 = 0) {
    (self.delivered, self.failed, self.missed) = (delivered, failed, missed)
  }
}

/// A webhook as it is stored.
public struct StoredWebhook: Hashable, Sendable {
  /// What it was made with; ``WebhookDraft/start`` is where it stands.
  public var draft: WebhookDraft
  /// When it was made.
  public let created: Timestamp
  /// Why nothing is delivered any more; `nil` as long as it is.
  public var disabled: String?
  /// Its durable cursor.
  public let cursor: CursorID
  /// What has failed and is tried again, if anything.
  public var pending: PendingDelivery?
  /// What it is done with.
  public var totals: WebhookTotals

  /// Its name.
  public var id: String { draft.id }
  /// Where it stands.
  public var place: CursorPlace { draft.start }
}

/// What one step of a webhook's deliveries changes: all of it or nothing.
public struct WebhookProgress: Hashable, Sendable {
  /// The webhook's name.
  public var id: String
  /// Where it stands now.
  public var place: CursorPlace
  /// What will be tried again, if anything.
  public var pending: PendingDelivery?
  /// What is added to its totals.
  public var added = WebhookTotals()
  /// What was given up.
  public var failure: FailedDelivery?
  /// Why nothing is delivered any more, if that is so now.
  public var disabled: String?
  /// When.
  public var instant: Timestamp

  /// Describes a step.
  public init(_ id: String, at place: CursorPlace, instant: Timestamp) {
    (self.id, self.place, self.instant) = (id, place, instant)
  }
}
