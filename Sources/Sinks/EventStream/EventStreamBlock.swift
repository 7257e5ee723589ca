// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// The blocks of an event stream (WHATWG HTML, server-sent events).
enum EventStreamBlock {
  /// An entry with an `id:` that names its place in one topic; the epoch is the entry's unless another
  /// is given.
  static func whole(
    _ entry: EventEntry,
    topic: String,
    _ epoch: String? = nil,
    data: [UInt8]
  ) -> [UInt8] {
    let position = ResumePoint.Position(
      topic: topic,
      epoch: epoch ?? "\(entry.epoch)",
      offset: entry.offset
    )
    return encode(entry, id: ResumePoint([position]).text, data: data)
  }

  /// An entry up to where its `id:` stands, without the empty line that ends it.
  static func lines(_ entry: EventEntry, data: [UInt8]) -> [UInt8] {
    encode(entry, id: nil, data: data).dropLast()
  }

  /// A row of a table, from before the stream began: a client that has seen it alone has no place yet.
  static func row(_ row: EventTable.Row) -> [UInt8] {
    var writer = JSONWriter()
    writer.value(row)
    var output: [UInt8] = []
    ServerSentEvent(event: rowName, data: writer.bytes).encode(into: &output)
    return output
  }

  /// A change of a table as the row that it makes, or takes away; with its place.
  static func change(_ entry: EventEntry, topic: String) -> [UInt8] {
    let place = ResumePoint.Position(
      topic: topic,
      epoch: "\(entry.epoch)",
      offset: entry.offset
    )
    let id = ResumePoint([place]).text
    // What a program has published without a key is no row: only the place moves.
    guard let key = entry.event.subject, !key.isEmpty else { return Array("id: \(id)\n\n".utf8) }
    var writer = JSONWriter()
    if entry.deletedKey != nil {
      writer.beginObject()
      writer.member("key", key)
      writer.member("offset", entry.offset)
      writer.member("deleted", true)
      writer.endObject()
    } else {
      writer.value(
        EventTable.Row(key: key, event: entry.event, offset: entry.offset, appended: entry.appended)
      )
    }
    var output: [UInt8] = []
    ServerSentEvent(event: rowName, id: id, data: writer.bytes).encode(into: &output)
    return output
  }

  private static let rowName = "weir.row"

  /// Something the stream itself has to say, with the place behind it if there is one.
  static func notice(
    _ name: String,
    _ body: (inout JSONWriter) -> Void,
    id: [UInt8]?
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    body(&writer)
    writer.endObject()
    var output: [UInt8] = []
    let id = id.map { String(decoding: $0, as: UTF8.self) }
    ServerSentEvent(event: name, id: id, data: writer.bytes).encode(into: &output)
    return output
  }

  private static func encode(_ entry: EventEntry, id: String?, data: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(data.count + 96)
    ServerSentEvent(event: name(of: entry.event), id: id, data: data).encode(into: &output)
    return output
  }

  /// The type, unless a browser would take it for one of its own or of the stream's.
  private static func name(of event: Event) -> String? {
    guard let type = event.givenType, type != Event.defaultType else { return nil }
    return type == "error" || type == "open" || type.hasPrefix("weir.") ? nil : type
  }
}
