// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// Makes events of what publishers send.
struct EventReader {
  /// Attributes that came in the head of the request, for bodies that are the event's data.
  var attributes = Attributes()
  /// What is asked of the events, and the types that are known; `nil` for nothing.
  var check: (how: EventTypeCheck, types: EventTypeRegistry)?

  /// What makes the topic a table, whose events are rows; `nil` where it is none.
  var table: TableSettings?

  /// What the events are about, where the request says it elsewhere; `nil` where they say it.
  var key: String?

  /// What is said of an event besides its data.
  struct Attributes {
    var type: String?
    var subject: String?
    var time: Timestamp?
    var id: String?
    var source: String?
    var tags: [String: String] = [:]

    /// Reads the `ce-*` fields of a request (CloudEvents HTTP binding, binary mode).
    init(_ fields: HTTPFields) throws(Problem) {
      guard fields.hasNames(beginningWith: "ce-") else { return }
      for field in fields where field.name.lowercased().hasPrefix("ce-") {
        let name = String(field.name.lowercased().dropFirst(3))
        let value = PercentEncoding.decode(field.value) ?? field.value
        try set(name, value, field: field.name)
      }
    }

    init() {}

    /// Sets an attribute by its CloudEvents name; others are tags.
    mutating func set(_ name: String, _ value: String, field: String) throws(Problem) {
      switch name {
      case "type": type = try Self.checkName(value, field)
      case "subject": subject = value
      case "id": id = value
      case "source": source = value
      case "time": time = try Self.readTime(value, field)
      case "specversion", "datacontenttype", "dataschema", "offset", "epoch": break
      default: tags[name] = try Self.checkTag(name, value, field)
      }
    }

    private static func readTime(_ text: String, _ field: String) throws(Problem) -> Timestamp {
      guard let milliseconds = RFC3339.parse(text) else {
        throw Problem(
          422,
          "Bad time",
          "'\(text)' is not a time",
          remedy: "write times as in 2026-01-31T12:00:00Z (RFC 3339)",
          field: field
        )
      }
      return Timestamp(milliseconds: milliseconds)
    }

    /// A type is shown as a line of its own in event streams, so it is one.
    private static func checkName(_ text: String, _ field: String) throws(Problem) -> String {
      guard !text.isEmpty, text.utf8.count <= 255, text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 })
      else {
        throw Problem(
          422,
          "Bad type",
          "a type has 1 to 255 bytes and no control characters",
          remedy: "use a name such as outreach_sent",
          field: field
        )
      }
      return text
    }

    private static func checkTag(
      _ name: String,
      _ value: String,
      _ field: String
    ) throws(Problem) -> String {
      let isName =
        (1...20).contains(name.utf8.count)
        && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) }
      guard isName else {
        throw Problem(
          422,
          "Bad tag",
          "'\(name)' is not the name of a tag",
          remedy: "use 1 to 20 lower-case letters and digits",
          field: field
        )
      }
      return value
    }
  }

  /// An event whose data is JSON.
  func event(data: JSONView) throws(Problem) -> Event {
    try make(data.compacted, .json, attributes)
  }

  /// An event whose data is text.
  func event(text: [UInt8]) throws(Problem) -> Event {
    guard String(validating: text, as: UTF8.self) != nil else {
      throw Problem(
        422,
        "Bad text",
        "the body is not valid UTF-8",
        remedy: "send text/plain in UTF-8",
        field: "body"
      )
    }
    return try make(text, .text, attributes)
  }

  /// An event in a CloudEvents envelope (JSON format).
  func event(envelope: JSONView) throws(Problem) -> Event {
    guard envelope.kind == .object else {
      throw Problem(
        422,
        "Bad event",
        "an event is a JSON object",
        remedy: "send {\"type\":…,\"data\":…}"
      )
    }
    if let version = envelope["specversion"], version.string != "1.0" {
      throw Problem(
        422,
        "Bad event",
        "the specversion is not \"1.0\"",
        remedy: "send CloudEvents 1.0",
        field: "specversion"
      )
    }
    var attributes = Attributes()
    var hasOwn = false, hasOthers = false
    try envelope.forEachMember { (name, value) throws(Problem) in
      if Self.attributeNames.contains(name) { hasOwn = true } else { hasOthers = true }
      if name == "data" || name == "specversion" || value.isNull { return }
      guard let text = value.string ?? Self.plainText(value) else {
        throw Problem(
          422,
          "Bad attribute",
          "'\(name)' is not a string",
          remedy: "attributes are strings; put structured values into data",
          field: name
        )
      }
      try attributes.set(name, text, field: name)
    }
    guard hasOwn || !hasOthers else {
      throw Problem(
        422,
        "Bad event",
        "none of its members is one of an event's: it would be kept without data",
        remedy: "send {\"type\":…,\"data\":…}, or the data alone as application/json",
        field: "data"
      )
    }
    guard let data = envelope["data"] else {
      return try make(Array("null".utf8), .json, attributes)
    }
    if envelope["datacontenttype"]?.string?.hasPrefix("text/plain") == true,
      let text = data.string
    {
      return try make(Array(text.utf8), .text, attributes)
    }
    return try make(data.compacted, .json, attributes)
  }

  /// The names that CloudEvents gives a meaning (§3.1, JSON format §3.1).
  private static let attributeNames: Set<String> = [
    "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema",
    "data", "data_base64",
  ]

  /// Numbers and booleans as extension values, which CloudEvents allows.
  private static func plainText(_ value: JSONView) -> String? {
    switch value.kind {
    case .number, .bool: String(decoding: value.bytes, as: UTF8.self)
    case .object, .array, .string, .null: nil
    }
  }

  private func subject(_ attributes: Attributes) throws(Problem) -> String? {
    guard let key, let subject = attributes.subject, subject != key else {
      return key ?? attributes.subject
    }
    throw Problem(
      422,
      "Bad subject",
      "the subject is '\(subject)', and the path names the key '\(key)'",
      remedy: "leave the subject out",
      field: "subject"
    )
  }

  private static func check(_ event: Event, for table: TableSettings) throws(Problem) {
    do throws(RowViolation) { try table.check(event) } catch {
      switch error.field {
      case .key:
        throw Problem(
          422,
          "Bad key",
          error.description,
          remedy:
            "give the key as subject (the field ce-subject, or \"subject\" of the envelope), or "
            + "use PUT /v1/tables/{topic}/{key}",
          field: "subject"
        )
      case .data:
        throw Problem(
          413,
          "Row too large",
          error.description,
          remedy: "send less, or raise \"maximumValueBytes\" of the topic's \"table\"",
          field: "data"
        )
      }
    }
  }

  private func make(
    _ data: [UInt8],
    _ format: Event.DataFormat,
    _ attributes: Attributes
  ) throws(Problem) -> Event {
    let event = Event(
      data: data,
      format: format,
      type: attributes.type,
      subject: try subject(attributes),
      time: attributes.time,
      id: attributes.id,
      source: attributes.source,
      tags: attributes.tags
    )
    if let table { try Self.check(event, for: table) }
    guard let check else { return event }
    do throws(EventTypeMismatch) { try check.types.check(event, check.how) } catch {
      throw Problem(
        422,
        "Bad event",
        error.description,
        remedy: "publish what the type's schema says, or another type",
        field: error.pointer.map { "data\($0)" } ?? "type"
      )
    }
    return event
  }
}
