// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Streams
public import Transport

/// One entry on its way to one receiver; each attempt sends the same identifier and the same body.
public struct WebhookMessage: Sendable {
  /// The media type of bodies.
  public static let mediaType = "application/cloudevents+json"

  /// The identifier, by which a receiver knows an entry that comes twice.
  public let id: String
  /// The receiver.
  public let url: String
  /// Whether it may be at a loopback or private address.
  public let allowsPrivate: Bool
  /// The entry as a CloudEvent.
  public let body: [UInt8]
  /// The fields of this attempt.
  public let fields: [HTTPClient.Field]

  /// Makes the message of an entry as it is sent at some instant.
  init(_ entry: EventEntry, to webhook: StoredWebhook, at now: Timestamp) {
    let draft = webhook.draft
    id = Self.id(topic: draft.topic, CursorPlace(entry.epoch, entry.offset))
    (url, allowsPrivate) = (draft.url, draft.allowsPrivate)
    var writer = JSONWriter()
    writer.cloudEvent(entry, topic: draft.topic)
    body = writer.bytes
    let seconds = now.milliseconds / 1_000
    fields = [
      HTTPClient.Field("Content-Type", Self.mediaType),
      HTTPClient.Field("webhook-id", id),
      HTTPClient.Field("webhook-timestamp", "\(seconds)"),
      HTTPClient.Field(
        "webhook-signature",
        WebhookSignature.make(id: id, seconds: seconds, body: body, draft.secret)
      ),
    ]
  }

  /// The identifier of an entry: the same whenever it is asked for, of no other entry.
  static func id(topic: String, _ place: CursorPlace) -> String {
    let digest = Digest.sha256(Array("\(topic) \(place.epoch) \(place.offset)".utf8))
    return "msg_" + hexadecimal(digest.prefix(16))
  }
}

/// Bytes with two digits each.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef")
  return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

/// What a receiver answered, as far as it matters.
public struct WebhookAnswer: Hashable, Sendable {
  /// The status code.
  public let status: Int
  /// The field `Retry-After`, if it is there.
  public let retryAfter: String?

  /// Notes an answer.
  public init(status: Int, retryAfter: String? = nil) {
    (self.status, self.retryAfter) = (status, retryAfter)
  }
}

/// Sends messages to receivers.
public protocol WebhookSender: Sendable {
  /// Sends a message once, and suspends until an answer or a failure has come.
  ///
  /// Redirects are not followed. A task that is cancelled gets ``HTTPClient/Failure/cancelled``.
  func send(_ message: WebhookMessage) async -> Result<WebhookAnswer, HTTPClient.Failure>
}
