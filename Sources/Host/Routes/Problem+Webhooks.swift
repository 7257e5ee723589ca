// SPDX-License-Identifier: Apache-2.0
import Sinks
import Storage
import Transport

extension Problem {
  /// A server that has no place for what must outlive it.
  static let nothingIsStored = Problem(
    503,
    "Nothing is stored",
    "this server has no directory for its data, which webhooks need",
    remedy: "start it with --data DIR"
  )

  /// What nobody has thought of.
  static func unexpected(_ error: any Error) -> Problem {
    Problem(500, "Unexpected", "\(error)", remedy: "report it as a bug")
  }

  /// A webhook that was not made.
  init(_ refusal: WebhookRefusal) {
    switch refusal {
    case .url(let fault): self.init(url: fault)
    case .address(let host):
      self.init(
        422,
        "Address not allowed",
        "'\(host)' is not on the public internet",
        remedy: "name a public host; loopback and private networks need \"allowPrivate\" "
          + "(--allow-private), others are never possible",
        field: "url"
      )
    case .secret:
      self.init(
        422,
        "Bad secret",
        "the secret is not one of Standard Webhooks",
        remedy: "send whsec_ and the base 64 of 24 to 64 bytes, or leave it out: one is made",
        field: "secret"
      )
    case .topic(let reason):
      self.init(
        422,
        "Bad topic",
        reason,
        remedy: "name a topic that this server may have",
        field: "topic"
      )
    case .store(let error): self.init(error)
    }
  }

  private init(url fault: HTTPClient.RequestFault) {
    let detail =
      switch fault {
      case .userInURL: "the URL has a user or a password, which logs would show"
      case .unsupportedScheme: "the URL is neither http nor https"
      default: "the URL is none, or has more than \(StorageLimits.webhookURLBytes) bytes"
      }
    self.init(
      422,
      "Bad URL",
      detail,
      remedy: "send an absolute URL such as https://example.com/hook, in ASCII",
      field: "url"
    )
  }

  /// Something that the store refused.
  init(_ error: StorageError) {
    switch error.reason {
    case .unknown(let what):
      self.init(
        404,
        "Not there",
        "there is no such \(what)",
        remedy: "see what there is with GET /v1/webhooks"
      )
    case .exhausted(let what):
      self.init(
        409,
        "Too many",
        "there are as many \(what) as there may be",
        remedy: "remove one first"
      )
    case .closed:
      self.init(
        503,
        "Shutting down",
        "the server ends",
        remedy: "try again in a moment",
        retryAfter: 1
      )
    case .doubtful:
      self.init(
        504,
        "Not known whether stored",
        error.summary,
        remedy: "look whether it is there before you ask for it again"
      )
    default:
      self.init(
        503,
        "Storage unavailable",
        error.summary,
        remedy: "try again later",
        retryAfter: 1
      )
    }
  }
}
