// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

// Publishing, and what was published.
extension ServerAPI {
  func publish(_ body: JSONView) async throws(ProtocolError) -> Writing {
    let channel = try body.needed(WireField("channel", 0))
    return try await publish(event(body), to: channel, key: key(body))
  }

  /// Publishes the same to several channels; each is answered by itself.
  func broadcast(_ body: JSONView) async throws(ProtocolError) -> Writing {
    let channels = try body.texts(WireField("channels", 0))
    guard !channels.isEmpty else { throw .badRequest("'channels' is missing") }
    guard channels.count <= Self.maximumParts else {
      throw .limitExceeded("\(Self.maximumParts) channels of a broadcast")
    }
    let (event, key) = (try event(body), try key(body))
    var responses: [Writing] = []
    for channel in channels {
      do throws(ProtocolError) {
        let result = try await publish(event, to: channel, key: key)
        responses.append { $0.message(WireField("result", 1), result) }
      } catch {
        responses.append { $0.message(.error) { error.write(into: &$0) } }
      }
    }
    return { writer in
      writer.messages(WireField("responses", 1), responses) { writer, response in response(&writer)
      }
    }
  }

  private func publish(
    _ event: Event,
    to channel: String,
    key: String?
  ) async throws(ProtocolError) -> Writing {
    let topic = try topic(channel)
    try services.check(event, for: topic.name)
    try services.checkRow(event, of: topic)
    let receipt: Receipt
    do throws(PublishError) {
      receipt = try await topic.publish([event], key: key)
    } catch {
      throw ProtocolError(error)
    }
    return { writer in
      writer.number(WireField("offset", 1), receipt.lastOffset)
      writer.text(WireField("epoch", 2), "\(topic.epoch)")
    }
  }

  private func key(_ body: JSONView) throws(ProtocolError) -> String? {
    guard let key = try body.text(WireField("idempotency_key", 0)) else { return nil }
    guard 1...IdempotencyLimits.maximumKeyBytes ~= key.utf8.count else {
      throw .badRequest("'idempotency_key' has 1 to \(IdempotencyLimits.maximumKeyBytes) bytes")
    }
    return key
  }

  /// What is published: `data`, or `b64data` with JSON or text in it, and `tags`.
  private func event(_ body: JSONView) throws(ProtocolError) -> Event {
    if try body.truth(WireField("skip_history", 0)) {
      throw .notAvailable("'skip_history': what is published is in the topic's history")
    }
    let payload = try body.encoded("data")
    guard let payload else { throw .badRequest("'data' is missing") }
    var tags: [String: String] = [:]
    if let given = try body.message(WireField("tags", 0)) {
      try given.forEachMember { (name, value) throws(ProtocolError) in
        guard let text = value.string else {
          throw .badRequest("the tag '\(name)' is not a string")
        }
        tags[name] = text
      }
    }
    // What publications show as tags are attributes of the event.
    let (type, id, subject) = (
      tags.removeValue(forKey: "type"), tags.removeValue(forKey: "id"),
      tags.removeValue(forKey: "subject")
    )
    return Event(
      data: payload.bytes,
      format: payload.format,
      type: type,
      subject: subject,
      id: id,
      tags: tags
    )
  }

  // MARK: History

  func history(_ body: JSONView) async throws(ProtocolError) -> Writing {
    let request = try HistoryRequest(body)
    guard let topic = try existing(request.channel) else {
      // A place in a topic that is not there is gone.
      if let since = request.since, since.offset > 0 || !since.epoch.isEmpty {
        throw .unrecoverable
      }
      return { HistoryPage(epoch: "", offset: 0, publications: []).write(into: &$0) }
    }
    let plan = try HistoryPlan(request, of: topic, most: services.settings.maximumHistory)
    let reading = try services.reading()
    let result = await withCheckedContinuation { continuation in
      plan.read(topic, counting: reading) {
        continuation.resume(returning: $0)
      } atOnce: {
        continuation.resume(returning: $0)
      }
    }
    let page = try result.get()
    return { page.write(into: &$0) }
  }

  func removeHistory(_ body: JSONView) throws(ProtocolError) -> Writing {
    guard let topic = try existing(try body.needed(WireField("channel", 0))) else {
      return { _ in }
    }
    guard topic.dropHistory() else {
      throw .notAvailable("'\(topic.name)' is durable: what it keeps, its limits say")
    }
    return { _ in }
  }
}

extension JSONView {
  /// A value, or what stands in base 64 under its name behind `b64`.
  func encoded(_ name: String) throws(ProtocolError) -> WirePayload? {
    guard let text = try text(WireField("b64\(name)", 0)) else {
      return try payload(WireField(name, 0))
    }
    guard let bytes = Base64.decode(text) else { throw .badRequest("'b64\(name)' is not base 64") }
    return try WirePayload(raw: bytes, WireField("b64\(name)", 0))
  }
}
