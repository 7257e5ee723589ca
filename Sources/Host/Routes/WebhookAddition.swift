// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Storage
import Streams
import Transport

/// A webhook that somebody wants, once its description is there.
final class WebhookAddition: WholeBody {
  /// The largest description.
  static let maximumBytes = 8 << 10
  private static let members: Set<String> = ["url", "topic", "secret", "allowPrivate"]

  private let service: WebhookService
  private let caller: Caller

  init(_ service: WebhookService, by caller: Caller) {
    (self.service, self.caller) = (service, caller)
  }

  func answer(_ body: [UInt8], replyingTo reply: Router.ReplyAddress) -> Answer {
    let request: WebhookRequest
    do throws(Problem) {
      request = try Self.request(body)
      try caller.check(.subscribe, on: request.topic)
    } catch {
      return .response(error.response)
    }
    let service = service
    return reply.later { [request] in
      do throws(WebhookRefusal) {
        let added = try await service.add(request)
        let entry = service.board.entries[added.webhook.id]
        return .json(201) { $0.webhook(added.webhook, entry, secret: added.madeKey?.text) }
      } catch {
        throw Problem(error)
      }
    }
  }

  // MARK: Reading

  /// Reads a description; nothing of it is repeated in an error, since a part of it is secret.
  private static func request(_ body: [UInt8]) throws(Problem) -> WebhookRequest {
    let json: JSONView
    do { json = try JSONView.parse(body) } catch {
      throw malformed("the body is not valid JSON", nil)
    }
    guard json.kind == .object else { throw malformed("the body is not an object", nil) }
    var unknown = false
    json.forEachMember { name, _ in unknown = unknown || !members.contains(name) }
    if unknown { throw malformed("the body has a member that means nothing here", nil) }
    var request = WebhookRequest(
      url: try string("url", of: json),
      topic: try string("topic", of: json)
    )
    if let secret = json["secret"] {
      guard let text = secret.string else { throw malformed("'secret' is not text", "secret") }
      request.secret = WebhookSecretText(text)
    }
    if let allows = json["allowPrivate"] {
      guard let allows = allows.bool else {
        throw malformed("'allowPrivate' is neither true nor false", "allowPrivate")
      }
      request.allowsPrivate = allows
    }
    return request
  }

  private static func string(_ name: String, of json: JSONView) throws(Problem) -> String {
    guard let text = json[name]?.string else { throw malformed("'\(name)' is not there", name) }
    return text
  }

  private static func malformed(_ detail: String, _ field: String?) -> Problem {
    Problem(
      400,
      "Bad webhook",
      detail,
      remedy: #"send {"url":…,"topic":…}, and "secret" or "allowPrivate" if you need them"#,
      field: field ?? "body"
    )
  }
}

extension JSONWriter {
  /// Writes a webhook: what it is and how far it got; its key only where it was made just now.
  mutating func webhook(
    _ webhook: StoredWebhook,
    _ entry: WebhookBoard.Entry?,
    secret: String? = nil
  ) {
    beginObject()
    member("id", webhook.id)
    member("url", webhook.draft.url)
    member("topic", webhook.draft.topic)
    member("allowPrivate", webhook.draft.allowsPrivate)
    member("created", RFC3339.format(milliseconds: webhook.created.milliseconds))
    member("state", webhook.disabled == nil ? "active" : "disabled")
    if let disabled = webhook.disabled { member("reason", disabled) }
    if let problem = entry?.problem { member("problem", problem) }
    if let error = entry?.lastError { member("lastError", error) }
    member("epoch", "\(webhook.place.epoch)")
    member("offset", webhook.place.offset)
    if let entry { member("lag", entry.lag) }
    member("attempts", UInt64(webhook.pending?.attempts ?? 0))
    if let due = webhook.pending?.due {
      member("nextAttempt", RFC3339.format(milliseconds: due.milliseconds))
    }
    member("delivered", webhook.totals.delivered)
    member("failed", webhook.totals.failed)
    member("missed", webhook.totals.missed)
    if let secret { member("secret", secret) }
    endObject()
  }

  /// Writes an event that was given up.
  mutating func failedDelivery(_ failure: FailedDelivery) {
    beginObject()
    member("epoch", "\(failure.place.epoch)")
    member("offset", failure.place.offset)
    member("attempts", UInt64(failure.attempts))
    member("time", RFC3339.format(milliseconds: failure.instant.milliseconds))
    member("reason", failure.reason)
    endObject()
  }
}
