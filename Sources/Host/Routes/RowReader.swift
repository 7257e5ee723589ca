// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// A request that reads a table: a page of its rows, or one of them.
struct RowReader: Sendable {
  private enum Wanted {
    case page(after: String, limit: Int)
    case row(String, isEnveloped: Bool)
  }

  private let wanted: Wanted
  private let match: EntityTags?
  private let noneMatch: EntityTags?
  /// The most that the rows of a page weigh, in bytes: escaped they may take six times as much.
  private let maximumBytes: Int

  /// Reads what is asked for.
  init(
    _ context: RequestContext,
    _ key: String?,
    _ settings: TableSettings,
    outboundBytes: Int
  ) throws(Problem) {
    maximumBytes = min(1 << 20, outboundBytes / 8)
    match = try EntityTags("If-Match", of: context.head)
    noneMatch = try EntityTags("If-None-Match", of: context.head)
    if let key {
      let envelope = try context.query("envelope")
      guard envelope == nil || envelope == "cloudevents" else {
        throw Problem(
          400,
          "Bad envelope",
          "'envelope' is '\(envelope ?? "")'",
          remedy: "use cloudevents, or leave it out",
          field: "envelope"
        )
      }
      wanted = .row(key, isEnveloped: envelope != nil)
    } else {
      wanted = .page(
        after: try context.query("after") ?? "",
        limit: try context.number("limit", in: 1...HistoryLimits.maximumCount, default: 100)
      )
    }
  }

  /// The answer by a table as it is now.
  func answer(_ table: EventTable) throws(Problem) -> HTTPResponse {
    switch wanted {
    case .page(let after, let limit): return try page(table, after, limit)
    case .row(let key, let isEnveloped):
      guard let row = table[key] else { throw .noRow(key, of: table.topic.name) }
      return try answer(row, of: table.topic, isEnveloped)
    }
  }

  private func page(
    _ table: EventTable,
    _ after: String,
    _ limit: Int
  ) throws(Problem) -> HTTPResponse {
    let page = table.page(after: after, limit: limit, bytes: maximumBytes)
    // Weak, since the page may be compressed; it changes with any row.
    var tag = EntityTag.row(table.topic.epoch, page.offset)
    tag.isWeak = true
    if let answer = try conditional(tag) { return answer }
    var response = HTTPResponse.json { writer in
      writer.beginObject()
      writer.member("topic", table.topic.name)
      writer.member("epoch", "\(table.topic.epoch)")
      writer.member("offset", page.offset)
      writer.members(of: page)
      writer.endObject()
    }
    response.fields = Self.fields("application/json", tag)
    return response
  }

  private func answer(
    _ row: EventTable.Row,
    of topic: Topic<Event>,
    _ isEnveloped: Bool
  ) throws(Problem) -> HTTPResponse {
    let tag = EntityTag.row(topic.epoch, row.offset)
    if let answer = try conditional(tag) { return answer }
    let entry = EventEntry(
      event: row.event,
      offset: row.offset,
      appended: row.appended,
      epoch: topic.epoch
    )
    var response = HTTPResponse(200)
    // Compressed it would be another representation, with a tag that changes nothing.
    response.isNegotiated = true
    if isEnveloped {
      var writer = JSONWriter()
      writer.cloudEvent(entry, topic: topic.name)
      response.body = writer.bytes
      response.fields = Self.fields("application/cloudevents+json", tag)
    } else {
      response.body = row.event.data
      let isText = row.event.format == .text
      response.fields = Self.fields(isText ? "text/plain; charset=utf-8" : "application/json", tag)
      response.fields.append(attributesOf: entry)
    }
    return response
  }

  /// What is answered in place of what is asked for; `nil` if that is wanted (RFC 9110 §13.2.2).
  private func conditional(_ tag: EntityTag) throws(Problem) -> HTTPResponse? {
    if let match, !match.matchesWeakly(tag) {
      throw Problem(
        412,
        "Row has changed",
        "its tag is \(tag.field)",
        remedy: "read it without If-Match",
        field: "If-Match"
      )
    }
    guard let noneMatch, noneMatch.matchesWeakly(tag) else { return nil }
    return HTTPResponse(304, fields: ["Cache-Control": Self.caching, "ETag": tag.field])
  }

  /// Whoever keeps it asks each time whether it is still so.
  private static let caching = "private, no-cache"

  private static func fields(_ type: String, _ tag: EntityTag) -> HTTPFields {
    ["Content-Type": type, "Cache-Control": caching, "ETag": tag.field]
  }
}

extension HTTPFields {
  /// Appends an event's attributes as `PUT` takes them (CloudEvents HTTP binding, binary mode).
  fileprivate mutating func append(attributesOf entry: EventEntry) {
    let event = entry.event
    append("ce-specversion", "1.0")
    append("ce-id", PercentEncoding.encode(entry.id))
    if let source = event.source { append("ce-source", PercentEncoding.encode(source)) }
    append("ce-type", PercentEncoding.encode(event.type))
    append("ce-time", RFC3339.format(milliseconds: entry.time.milliseconds))
    if let subject = event.subject { append("ce-subject", PercentEncoding.encode(subject)) }
    for (tag, text) in event.tags.sorted(by: { $0.key < $1.key }) {
      append("ce-\(tag)", PercentEncoding.encode(text))
    }
  }
}

extension Problem {
  static func noRow(_ key: String, of table: String) -> Problem {
    Problem(
      404,
      "No such row",
      "the table '\(table)' has no row '\(key)'",
      remedy: "PUT makes one; GET /v1/tables/{topic} lists what there is",
      field: "key"
    )
  }
}
