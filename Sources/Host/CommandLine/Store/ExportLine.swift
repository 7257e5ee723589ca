// SPDX-License-Identifier: Apache-2.0
import Codecs
import FoundationEssentials
import Storage
import Streams

/// The lines of an export: a header, then one for each entry and mark of a topic.
///
/// docs/operations.md has the form. What is read back is exactly what was stored.
enum ExportLine {
  /// The version of the form that is written.
  static let version: UInt64 = 1
  /// The longest line: an entry of text of which each byte has to be escaped.
  static let maximumBytes = 6 * StorageLimits.entryBytes + (1 << 20)

  /// Writes the header.
  ///
  /// - Parameters:
  ///   - topic: The topic.
  ///   - first: The first offset that follows.
  ///   - json: Where it is written.
  static func writeHeader(_ topic: StoredTopic, from first: Offset, to json: inout JSONWriter) {
    json.beginObject()
    json.name("weirExport")
    json.value(version)
    json.text("topic", topic.name)
    json.text("epoch", "\(topic.epoch)")
    json.name("from")
    json.value(first)
    json.name("through")
    json.value(max(topic.nextOffset, first) - 1)
    json.endObject()
    json.endLine()
  }

  /// Writes an entry.
  static func write(
    _ event: Event,
    offset: Offset,
    appended: Timestamp,
    to json: inout JSONWriter
  ) {
    json.beginObject()
    json.name("offset")
    json.value(offset)
    json.instant("appended", appended)
    if let type = event.givenType { json.text("type", type) }
    if let subject = event.subject { json.text("subject", subject) }
    if let time = event.time { json.instant("time", time) }
    if let id = event.id { json.text("id", id) }
    if let source = event.source { json.text("source", source) }
    if !event.tags.isEmpty {
      json.name("tags")
      json.beginObject()
      let tags = event.tags.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (name, value) in tags { json.text(name, value) }
      json.endObject()
    }
    writeData(event, to: &json)
    json.endObject()
    json.endLine()
  }

  private static func writeData(_ event: Event, to json: inout JSONWriter) {
    if event.format == .text { json.text("datacontenttype", "text/plain") }
    switch event.format {
    case .json where isOneValue(event.data):
      json.name("data")
      json.raw(event.data)
    case .text:
      guard let text = String(validating: event.data, as: UTF8.self) else { fallthrough }
      json.text("data", text)
    case .json:
      // What would not come back byte by byte.
      json.text("data_base64", Data(event.data).base64EncodedString())
    }
  }

  /// Whether the bytes are a JSON value on one line, with nothing around it.
  private static func isOneValue(_ data: [UInt8]) -> Bool {
    guard !data.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return false }
    // Valid or not is all that counts here; why not is for who published it.
    return (try? JSONView.parse(data))?.bytes.count == data.count
  }

  /// Writes a mark.
  static func write(_ mark: StoredMark, to json: inout JSONWriter) {
    json.beginObject()
    json.name("after")
    json.value(mark.after)
    json.instant("appended", mark.appended)
    switch mark.mark {
    case .watermark(let instant): json.instant("watermark", instant)
    case .endOfInput:
      json.name("endOfInput")
      json.value(true)
    }
    json.endObject()
    json.endLine()
  }
}

extension JSONWriter {
  /// Writes an instant as RFC 3339; as milliseconds since 1970 where that has no year for it.
  fileprivate mutating func instant(_ name: String, _ instant: Timestamp) {
    if (try? EventTime.checked(instant.milliseconds)) != nil {
      text(name, RFC3339.format(milliseconds: instant.milliseconds))
    } else {
      self.name(name)
      value(instant.milliseconds)
    }
  }
}
