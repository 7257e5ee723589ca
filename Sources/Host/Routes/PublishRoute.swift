// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// Publishing over HTTP: JSON and text at once, NDJSON as it comes.
struct PublishRoute {
  let topics: TopicDirectory
  let context: RequestContext

  func answer(_ name: String) throws(Problem) -> Answer {
    if context.head.fields["Idempotency-Key"] != nil {
      throw Problem(
        400,
        "Idempotency keys are not supported",
        "this server does not recognise repeated publishes yet",
        remedy: "leave the field out",
        field: "Idempotency-Key"
      )
    }
    try checkEncoding()
    let topic: Topic<Event>
    do throws(TopicDirectory.Refusal) {
      topic = try topics.topic(name)
    } catch {
      throw Problem(error)
    }
    let reader = EventReader(attributes: try .init(context.head.fields))
    switch mediaType {
    case "", "application/json":
      return collect(topic) { bytes throws(Problem) in
        let view = try Self.parse(bytes)
        guard view.kind == .array else { return [reader.event(data: view)] }
        return try Self.read(view) { element, _ in reader.event(data: element) }
      }
    case "text/plain":
      return collect(topic) { bytes throws(Problem) in [try reader.event(text: bytes)] }
    case "application/cloudevents+json":
      return collect(topic) { bytes throws(Problem) in
        [try reader.event(envelope: try Self.parse(bytes))]
      }
    case "application/cloudevents-batch+json":
      return collect(topic) { bytes throws(Problem) in try Self.batch(bytes, reader) }
    case "application/x-ndjson", "application/ndjson", "application/jsonl":
      return .stream(try NDJSONIntake(topic, reader, context))
    default:
      throw Problem(
        415,
        "Unsupported media type",
        "events can't be sent as '\(mediaType)'",
        remedy: "use application/json, text/plain, application/x-ndjson, "
          + "application/cloudevents+json or application/cloudevents-batch+json",
        field: "Content-Type"
      )
    }
  }

  /// Nothing is decompressed, so that a small body is a small body.
  private func checkEncoding() throws(Problem) {
    let coding = context.head.fields["Content-Encoding"] ?? "identity"
    guard coding.lowercased() != "identity" else { return }
    throw Problem(
      415,
      "Unsupported content coding",
      "bodies can't be sent as '\(coding)'",
      remedy: "send the body without Content-Encoding",
      field: "Content-Encoding"
    )
  }

  private var mediaType: String {
    let field = context.head.fields["Content-Type"] ?? ""
    return String(field.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace })
  }

  /// Answers once the whole body is there: all events are stored, or none.
  private func collect(
    _ topic: Topic<Event>,
    _ read: @escaping ([UInt8]) throws(Problem) -> [Event]
  ) -> Answer {
    .collect(limit: PublishLimits.maximumBytes) { bytes in
      do throws(Problem) {
        return try publish(try read(bytes), to: topic)
      } catch {
        return .response(error.response)
      }
    }
  }

  private func publish(_ events: [Event], to topic: Topic<Event>) throws(Problem) -> Answer {
    guard !events.isEmpty else {
      throw Problem(
        422,
        "No events",
        "the body is an empty array",
        remedy: "send at least one event",
        field: "body"
      )
    }
    let complete = context.complete
    let count = events.count
    let offer = topic.offer(events) { result in
      switch result {
      case .success(let receipt): complete(receipt.response(topic: topic.name, count))
      case .failure(let error): complete(Problem(error).response)
      }
    }
    switch offer {
    case .stored(let receipt): return .response(receipt.response(topic: topic.name, count))
    case .held(let ticket): return .held(topic, ticket)
    case .refused(let error): throw Problem(error)
    }
  }

  static func parse(_ bytes: [UInt8]) throws(Problem) -> JSONView {
    do {
      return try JSONView.parse(bytes)
    } catch {
      throw Problem(
        400,
        "Bad JSON",
        error.description,
        remedy: "send one JSON value, or application/x-ndjson for one value per line",
        field: "body",
        line: error.line
      )
    }
  }

  private static func batch(_ bytes: [UInt8], _ reader: EventReader) throws(Problem) -> [Event] {
    let view = try parse(bytes)
    guard view.kind == .array else {
      throw Problem(
        422,
        "Bad batch",
        "a batch is a JSON array of events",
        remedy: "send [{\"type\":…,\"data\":…}, …]",
        field: "body"
      )
    }
    return try read(view) { (element, index) throws(Problem) in
      do throws(Problem) {
        return try reader.event(envelope: element)
      } catch {
        var problem = error
        problem.field = "[\(index)]" + (error.field.map { ".\($0)" } ?? "")
        throw problem
      }
    }
  }

  /// Makes an event of each element; stops at the first that is one too many, before it costs more.
  private static func read(
    _ array: JSONView,
    _ make: (JSONView, Int) throws(Problem) -> Event
  ) throws(Problem) -> [Event] {
    var events: [Event] = []
    try array.forEachElement { (element) throws(Problem) in
      guard events.count < PublishLimits.maximumCount else {
        throw Problem(
          413,
          "Too many events",
          "one request holds at most \(PublishLimits.maximumCount) events",
          remedy: "send them in parts, or as NDJSON",
          field: "body"
        )
      }
      events.append(try make(element, events.count))
    }
    return events
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

extension Receipt {
  /// What a publisher is told.
  func response(topic: String, _ count: Int) -> HTTPResponse {
    .json { writer in
      writer.beginObject()
      writer.member("topic", topic)
      writer.member("epoch", "\(epoch)")
      writer.member("firstOffset", firstOffset)
      writer.member("lastOffset", lastOffset)
      writer.member("accepted", UInt64(count))
      writer.endObject()
    }
  }
}
