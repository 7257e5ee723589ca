// SPDX-License-Identifier: Apache-2.0
import Codecs

/// An event as `tail` prints it, from a page of history or from a live stream.
struct TailEvent {
  var offset: UInt64
  var id: String
  var type: String
  var time: String
  var subject: String?
  var source: String?
  var tags: [EventDraft.Tag] = []
  var data: [UInt8]

  /// Reads an event of a page of history; `nil` without offset or data.
  init?(history json: JSONView) {
    guard let offset = json["offset"]?.uint64, let data = json["data"] else { return nil }
    self.init(json, offset, data)
    source = json["source"]?.string
    json["tags"]?.forEachMember { name, value in addTag(name, value) }
  }

  /// Reads a CloudEvent of a live stream; `nil` without offset or data.
  ///
  /// - Parameters:
  ///   - json: The event.
  ///   - defaultSource: What the server fills in as source, which is not worth printing.
  init?(cloudEvent json: JSONView, defaultSource: String) {
    guard let offset = json["offset"]?.string.flatMap({ UInt64($0) }), let data = json["data"]
    else {
      return nil
    }
    self.init(json, offset, data)
    source = json["source"]?.string
    if source == defaultSource { source = nil }
    json.forEachMember { name, value in
      if EventDraft.fault(inTag: name) == nil { addTag(name, value) }
    }
  }

  private init(_ json: JSONView, _ offset: UInt64, _ data: JSONView) {
    self.offset = offset
    self.data = data.compacted
    id = json["id"]?.string ?? ""
    type = json["type"]?.string ?? ""
    time = json["time"]?.string ?? ""
    subject = json["subject"]?.string
  }

  private mutating func addTag(_ name: String, _ value: JSONView) {
    if let text = value.string { tags.append(EventDraft.Tag(name: name, value: text)) }
  }

  /// For programs: the form of history.
  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.name("offset")
    json.value(offset)
    json.text("id", id)
    json.text("type", type)
    json.text("time", time)
    if let subject { json.text("subject", subject) }
    if let source { json.text("source", source) }
    if !tags.isEmpty {
      json.name("tags")
      json.beginObject()
      for tag in tags { json.text(tag.name, tag.value) }
      json.endObject()
    }
    json.name("data")
    json.raw(data)
    json.endObject()
    return json.bytes
  }

  /// For people; control characters, which could change a terminal, are replaced.
  var line: [UInt8] {
    let words = ["\(offset)", time, type, subject ?? "-"].map(\.withoutControlCharacters)
    return Array(words.joined(separator: "  ").utf8) + [UInt8(ascii: " "), UInt8(ascii: " ")] + data
  }
}

extension String {
  /// The text with U+FFFD for each control character.
  var withoutControlCharacters: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
      )
    )
  }
}
