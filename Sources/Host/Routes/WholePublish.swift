// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// A publish whose events come as one body: all of them are stored, or none.
final class WholePublish: WholeBody {
  /// How the body is read.
  enum Form {
    /// One JSON value for each event, several in an array.
    case json
    case text
    /// A CloudEvents envelope.
    case envelope
    /// An array of such envelopes.
    case batch
  }

  private let form: Form
  private let topic: Topic<Event>
  private let reader: EventReader
  private let receipt: ReceiptWriter
  /// Its idempotency key, if it has one.
  private let key: String?

  init(_ form: Form, to topic: Topic<Event>, _ reader: EventReader, key: String? = nil) {
    self.key = key
    self.form = form
    self.topic = topic
    self.reader = reader
    receipt = ReceiptWriter(topic)
  }

  /// A topic that has ended may have another life under its name.
  var isReusable: Bool { !topic.isClosed }

  /// Stores what the body holds.
  ///
  /// - Parameters:
  ///   - body: The whole body.
  ///   - reply: Where the answer goes if it comes later.
  /// - Returns: The answer, or that it comes later.
  func answer(_ body: [UInt8], replyingTo reply: Router.ReplyAddress) -> Answer {
    do throws(Problem) {
      return try publish(try events(of: body), body, replyingTo: reply)
    } catch {
      return .response(error.response)
    }
  }

  private func events(of body: [UInt8]) throws(Problem) -> [Event] {
    switch form {
    case .json:
      let view = try Self.parse(body)
      guard view.kind == .array else { return [try reader.event(data: view)] }
      return try Self.read(view) { (element, _) throws(Problem) in try reader.event(data: element) }
    case .text: return [try reader.event(text: body)]
    case .envelope: return [try reader.event(envelope: try Self.parse(body))]
    case .batch: return try batch(body)
    }
  }

  private func publish(
    _ events: [Event],
    _ body: [UInt8],
    replyingTo reply: Router.ReplyAddress
  ) throws(Problem) -> Answer {
    guard !events.isEmpty else {
      throw Problem(
        422,
        "No events",
        "the body is an empty array",
        remedy: "send at least one event",
        field: "body"
      )
    }
    let (writer, count) = (receipt, events.count)
    let offer = topic.offer(
      events,
      key: key.map { PublishKey($0, fingerprint: Self.fingerprint(body)) },
      makeCompletion: {
        { result in
          switch result {
          case .success(let receipt): reply.complete(writer.response(receipt, count))
          case .failure(let error): reply.complete(Problem(error).response)
          }
        }
      }
    )
    switch offer {
    case .stored(let receipt): return .response(writer.response(receipt, count))
    case .held(let ticket): return .held(topic, ticket)
    case .refused(let error): throw Problem(error)
    }
  }

  /// By what another body with the same key is known.
  private static func fingerprint(_ body: [UInt8]) -> Int {
    var hasher = Hasher()
    hasher.combine(body)
    return hasher.finalize()
  }

  /// Reads a body of JSON.
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

  private func batch(_ bytes: [UInt8]) throws(Problem) -> [Event] {
    let view = try Self.parse(bytes)
    guard view.kind == .array else {
      throw Problem(
        422,
        "Bad batch",
        "a batch is a JSON array of events",
        remedy: "send [{\"type\":…,\"data\":…}, …]",
        field: "body"
      )
    }
    return try Self.read(view) { (element, index) throws(Problem) in
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

/// Writes what a publisher is told; what is the same in each answer is written once.
struct ReceiptWriter: Sendable {
  private static let head = UsualHead(HTTPResponse.jsonFields)
  private static let last = Array(",\"lastOffset\":".utf8)
  private static let accepted = Array(",\"accepted\":".utf8)
  private static let end = Array("}\n".utf8)
  private static let fixedCount = last.count + accepted.count + end.count

  /// The beginning of an answer, up to the first offset.
  private let begun: [UInt8]

  init(_ topic: Topic<Event>) {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("topic", topic.name)
    writer.member("epoch", topic.epoch.description)
    writer.name("firstOffset")
    begun = writer.bytes
  }

  /// The answer to a publish of so many events.
  func response(_ receipt: Receipt, _ count: Int) -> HTTPResponse {
    let (first, last, accepted) = (receipt.firstOffset, receipt.lastOffset, UInt64(count))
    let digits = first.digitCount + last.digitCount + accepted.digitCount
    return HTTPResponse(Self.head, bodyCount: begun.count + Self.fixedCount + digits) { bytes in
      bytes.append(contentsOf: begun)
      bytes.append(decimal: first)
      bytes.append(contentsOf: Self.last)
      bytes.append(decimal: last)
      bytes.append(contentsOf: Self.accepted)
      bytes.append(decimal: accepted)
      bytes.append(contentsOf: Self.end)
    }
  }
}
