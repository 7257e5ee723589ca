// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// Publishing over HTTP: JSON and text at once, NDJSON as it comes.
struct PublishRoute {
  let services: ServerServices
  let context: RequestContext

  func answer(_ name: String) throws(Problem) -> Answer {
    let fields = context.head.fields
    try context.checkEncoding()
    let topic = try services.topic(name, for: context.caller)
    let reader = EventReader(of: topic, services, attributes: try .init(fields))
    guard let form = try form() else {
      try checkNoKey()
      let (caller, authority) = (context.caller, services.authority)
      return .stream(
        try NDJSONIntake(topic, reader, context) { caller.identity.flatMap(authority.failure(of:)) }
      )
    }
    return .collect(
      limit: PublishLimits.maximumBytes,
      then: WholePublish(form, to: topic, reader, key: try context.idempotencyKey())
    )
  }

  /// A streamed body is stored in parts, of which one key can't tell which were.
  private func checkNoKey() throws(Problem) {
    guard context.head.fields.bytes(of: "Idempotency-Key") != nil else { return }
    throw Problem(
      400,
      "Idempotency key with NDJSON",
      "a streamed body is stored part by part, and has no key as a whole",
      remedy: "send a JSON array, or leave the key out and give each event an id",
      field: "Idempotency-Key"
    )
  }

  /// How the body is read, by its media type; `nil` when it is read line by line.
  private func form() throws(Problem) -> WholePublish.Form? {
    guard let type = context.head.fields.bytes(of: "Content-Type") else { return .json }
    let name = type.prefix { $0 != UInt8(ascii: ";") }
    // As nearly all write it; what has spaces is compared without them.
    if name.equalsIgnoringCase("application/json") { return .json }
    let text = String(decoding: name, as: UTF8.self).lowercased().filter { !$0.isWhitespace }
    switch text {
    case "", "application/json": return .json
    case "text/plain": return .text
    case "application/cloudevents+json": return .envelope
    case "application/cloudevents-batch+json": return .batch
    case "application/x-ndjson", "application/ndjson", "application/jsonl": return nil
    default:
      throw Problem(
        415,
        "Unsupported media type",
        "events can't be sent as '\(text)'",
        remedy: "use application/json, text/plain, application/x-ndjson, "
          + "application/cloudevents+json or application/cloudevents-batch+json",
        field: "Content-Type"
      )
    }
  }
}

/// Bounds of one publish over HTTP.
enum PublishLimits {
  /// Bytes of a body that is stored as a whole.
  static let maximumBytes = 1 << 20
  /// Events of such a body.
  static let maximumCount = 10_000
  /// Lines that are stored together when a body is streamed.
  static let chunkLines = 1_000
  /// Bytes of one line of a streamed body.
  static let lineBytes = 1 << 20
}

extension ServerServices {
  /// The topic of a name, made if there is none and the caller may.
  func topic(_ name: String, for caller: Caller) throws(Problem) -> Topic<Event> {
    do throws(TopicDirectory.Refusal) {
      return try caller.identity == nil ? engine.topics.topic(name) : clients.topic(name)
    } catch {
      throw Problem(error)
    }
  }
}

extension EventReader {
  /// Reads events for a topic, which are checked as its rules say.
  init(of topic: Topic<Event>, _ services: ServerServices, attributes: Attributes) {
    self.init(attributes: attributes)
    let how = services.authority.rules(for: topic.name).types
    if how != .unchecked { check = (how, services.clients.types) }
    table = topic.tableSettings
  }
}
