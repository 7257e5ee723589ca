// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// The frames that a server sends without being asked.
enum WebSocketPush {
  /// A publication of a channel.
  static func publication(_ entry: EventEntry, channel: String) -> [UInt8] {
    frame(publicationText(entry, channel: channel))
  }

  /// The message of a publication, to be framed.
  static func publicationText(_ entry: EventEntry, channel: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.reserve(entry.event.data.count + channel.utf8.count + 96)
    push(channel, "pub", &writer) { $0.publication(entry) }
    return writer.bytes
  }

  /// Entries of a channel that were gone before they could be sent.
  static func gap(_ gap: Gap, channel: String) -> [UInt8] {
    var writer = JSONWriter()
    push(channel, "pub", &writer) { writer in
      writer.beginObject()
      writer.name("data")
      writer.null()
      writer.member("offset", gap.to)
      writer.name("tags")
      writer.beginObject()
      writer.member("weir-gap", "\(gap.from)-\(gap.to)")
      writer.endObject()
      writer.endObject()
    }
    return frame(writer.bytes)
  }

  /// The end of a subscription by the server's will.
  static func unsubscribe(_ reason: UnsubscribeCode, channel: String) -> [UInt8] {
    var writer = JSONWriter()
    push(channel, "unsubscribe", &writer) { writer in
      writer.beginObject()
      writer.member("code", UInt64(reason.rawValue))
      writer.member("reason", reason.text)
      writer.endObject()
    }
    return frame(writer.bytes)
  }

  /// A ping of the protocol; the client answers with the same.
  static let ping = frame(Array("{}".utf8))

  /// A text message in one frame.
  static func frame(_ text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.count + 10)
    WebSocketFrame.encode(.text, text, into: &output)
    return output
  }

  private static func push(
    _ channel: String,
    _ kind: String,
    _ writer: inout JSONWriter,
    _ body: (inout JSONWriter) -> Void
  ) {
    writer.beginObject()
    writer.name("push")
    writer.beginObject()
    writer.member("channel", channel)
    writer.name(kind)
    body(&writer)
    writer.endObject()
    writer.endObject()
  }
}
