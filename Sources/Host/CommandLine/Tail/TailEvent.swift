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

  /// For programs: the form of history, with control characters escaped.
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
    return json.bytes.escapingControlCharacters
  }

  /// For people; control characters, which could change a terminal, are replaced, those of the
  /// data escaped.
  var line: [UInt8] {
    let words = ["\(offset)", time, type, subject ?? "-"].map(\.withoutControlCharacters)
    let blanks = [UInt8(ascii: " "), UInt8(ascii: " ")]
    return Array(words.joined(separator: "  ").utf8) + blanks + data.escapingControlCharacters
  }
}

extension [UInt8] {
  /// Valid JSON text with `\u00XX` for each control character that JSON allows in a string as it is:
  /// U+007F to U+009F.
  ///
  /// A terminal may take the last thirty-two for the beginning of a command (ECMA-48 §5.3).
  fileprivate var escapingControlCharacters: [UInt8] {
    // Nearly no text has any: DEL is a byte of its own, the others are 0xC2 and one more.
    guard contains(where: { $0 == 0x7F || $0 == 0xC2 }) else { return self }
    var escaped: [UInt8] = []
    escaped.reserveCapacity(count + 16)
    for scalar in String(decoding: self, as: UTF8.self).unicodeScalars {
      if (0x7F...0x9F).contains(scalar.value) {
        escaped.append(contentsOf: "\\u00\(String(scalar.value, radix: 16))".utf8)
      } else {
        escaped.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
    return escaped
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
