// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// Reads the members of an export's line; one that is not known is an error, since it would be lost.
struct ImportRecord {
  typealias Fault = ImportLine.Fault

  private(set) var members: [String: JSONView] = [:]

  init(_ line: JSONView) throws(Fault) {
    try line.forEachMember { (name, value) throws(Fault) in
      guard members.updateValue(value, forKey: name) == nil else {
        throw Fault(field: name, what: "it is there twice", remedy: "leave out one of them")
      }
    }
  }

  /// The entry or mark.
  var line: ImportLine {
    get throws(Fault) {
      let isMark = members["after"] != nil && members["offset"] == nil
      let known = isMark ? Self.markMembers : Self.entryMembers
      // In order, so that the same line has the same message each time.
      if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
        throw Fault(field: unknown, what: "it is not known here", remedy: "leave it out")
      }
      return isMark ? try mark : try entry
    }
  }

  private static let markMembers: Set = ["after", "appended", "watermark", "endOfInput"]
  private static let entryMembers: Set = [
    "offset", "appended", "type", "subject", "time", "id", "source", "tags", "datacontenttype",
    "data", "data_base64",
  ]

  // MARK: Records

  private var mark: ImportLine {
    get throws(Fault) {
      let after = try number("after", from: 0)
      let appended = try instant("appended")
      guard members["watermark"] == nil else {
        return .mark(.watermark(try instant("watermark")), after: after, appended: appended)
      }
      guard members["endOfInput"]?.bool == true else {
        throw Fault(field: "endOfInput", what: "it is not true", remedy: "leave out the line")
      }
      return .mark(.endOfInput, after: after, appended: appended)
    }
  }

  private var entry: ImportLine {
    get throws(Fault) {
      let offset = try number("offset", from: 1)
      var attributes = EventReader.Attributes()
      if let type = try text("type") { try Self.setType(type, &attributes) }
      let event = Event(
        data: try data,
        format: try isText ? .text : .json,
        type: attributes.type,
        subject: try text("subject"),
        time: members["time"] == nil ? nil : try instant("time"),
        id: try text("id"),
        source: try text("source"),
        tags: try tags
      )
      return .entry(event, offset: offset, appended: try instant("appended"))
    }
  }

  /// A type is shown as a line of its own in event streams, so it has the same rules as a publisher's.
  private static func setType(
    _ type: String,
    _ attributes: inout EventReader.Attributes
  ) throws(Fault) {
    do {
      try attributes.set("type", type, field: "type")
    } catch {
      throw Fault(field: error.field, what: error.detail, remedy: error.remedy)
    }
  }

  // MARK: Members

  private func number(_ name: String, from least: Offset) throws(Fault) -> Offset {
    guard let number = members[name]?.uint64, number >= least, number < 1 << 44 else {
      throw Fault(
        field: name,
        what: members[name] == nil ? "it is missing" : "it is no offset",
        remedy: "write a whole number from \(least) on, as 'weir export' does"
      )
    }
    return number
  }

  func text(_ name: String) throws(Fault) -> String? {
    guard let value = members[name] else { return nil }
    guard let text = value.string else {
      throw Fault(field: name, what: "it is not a string", remedy: "write it in quotes")
    }
    return text
  }

  private func instant(_ name: String) throws(Fault) -> Timestamp {
    guard let value = members[name] else {
      throw Fault(
        field: name,
        what: "it is missing",
        remedy: "write the time, as 'weir export' does"
      )
    }
    if let milliseconds = value.int { return Timestamp(milliseconds: Int64(milliseconds)) }
    guard let text = value.string, let milliseconds = RFC3339.parse(text) else {
      throw Fault(
        field: name,
        what: "'\(String(decoding: value.bytes.prefix(100), as: UTF8.self))' is not a time",
        remedy: "write it as in 2026-01-31T12:00:00.250Z"
      )
    }
    return Timestamp(milliseconds: milliseconds)
  }

  private var tags: [String: String] {
    get throws(Fault) {
      guard let value = members["tags"] else { return [:] }
      guard value.kind == .object else {
        throw Fault(field: "tags", what: "it is no object", remedy: "write {\"name\":\"value\"}")
      }
      var tags: [String: String] = [:]
      try value.forEachMember { (name, value) throws(Fault) in
        guard let text = value.string, tags.updateValue(text, forKey: name) == nil else {
          throw Fault(
            field: "tags",
            what: "the tag '\(name)' is there twice or is not a string",
            remedy: "write each once, with its value in quotes"
          )
        }
      }
      return tags
    }
  }
}
