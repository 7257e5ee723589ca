// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Storage

/// Webhooks over HTTP: making, listing and removing them, and what they gave up.
struct WebhookRoutes {
  private let webhooks: WebhookService?
  private let context: RequestContext

  init(webhooks: WebhookService?, _ context: RequestContext) {
    (self.webhooks, self.context) = (webhooks, context)
  }

  /// Answers what is asked of a path behind `/v1/webhooks`.
  func answer(_ path: ArraySlice<String>) throws(Problem) -> Answer {
    let (id, part) = (path.first, path.dropFirst().first)
    switch (id, part, context.head.method) {
    case (nil, _, "GET"), (nil, _, "HEAD"): return try list()
    case (nil, _, "POST"): return try add()
    case (nil, _, let method): throw .methodNotAllowed(method, allows: "GET, HEAD, POST")
    case (let id?, nil, "DELETE"): return try remove(id)
    case (_, nil, let method): throw .methodNotAllowed(method, allows: "DELETE")
    case (let id?, "failed"?, "GET"), (let id?, "failed"?, "HEAD"): return try failed(id)
    case (_, "failed"?, let method): throw .methodNotAllowed(method, allows: "GET, HEAD")
    default: throw .notFound(context.head.path)
    }
  }

  /// The service, which a server without a store does not have.
  private func service() throws(Problem) -> WebhookService {
    guard let webhooks else { throw .nothingIsStored }
    return webhooks
  }

  private func list() throws(Problem) -> Answer {
    let service = try service()
    return context.reply.later {
      let (webhooks, entries) = (try await service.all(), service.board.entries)
      return .json { writer in
        writer.beginObject()
        writer.name("webhooks")
        writer.beginArray()
        for webhook in webhooks { writer.webhook(webhook, entries[webhook.id]) }
        writer.endArray()
        writer.endObject()
      }
    }
  }

  private func add() throws(Problem) -> Answer {
    let service = try service()
    // A page of another site can make a browser send other types without asking first.
    let type = context.head.fields["Content-Type"] ?? ""
    let name = type.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
    guard name == "application/json" else {
      throw Problem(
        415,
        "Unsupported media type",
        "a webhook can't be sent as '\(type)'",
        remedy: "use application/json",
        field: "Content-Type"
      )
    }
    return .collect(
      limit: WebhookAddition.maximumBytes,
      then: WebhookAddition(service, by: context.caller)
    )
  }

  private func remove(_ id: String) throws(Problem) -> Answer {
    let service = try service()
    return context.reply.later {
      try await service.remove(id)
      return HTTPResponse(204, fields: ["Cache-Control": "no-store"])
    }
  }

  private func failed(_ id: String) throws(Problem) -> Answer {
    let after: Int64 = try context.number("after", in: 0...Int64.max, default: 0)
    let most = StorageLimits.webhookFailures
    let limit: Int = try context.number("limit", in: 1...most, default: 100)
    let service = try service()
    return context.reply.later {
      let page = try await service.failures(of: id, after: after, limit: limit)
      return .json { writer in
        writer.beginObject()
        writer.name("failed")
        writer.beginArray()
        for failure in page { writer.failedDelivery(failure) }
        writer.endArray()
        writer.name("next")
        if let last = page.last, page.count == limit {
          writer.value(last.number)
        } else {
          writer.null()
        }
        writer.endObject()
      }
    }
  }
}
