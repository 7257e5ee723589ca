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

  /// Something the stream itself has to say, with the place behind it.
  static func notice(
    _ name: String,
    _ body: (inout JSONWriter) -> Void,
    id: [UInt8]
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    body(&writer)
    writer.endObject()
    var output: [UInt8] = []
    ServerSentEvent(event: name, id: String(decoding: id, as: UTF8.self), data: writer.bytes)
      .encode(into: &output)
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
