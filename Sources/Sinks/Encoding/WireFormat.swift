// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// The forms in which entries leave for subscribers.
enum WireFormat: Hashable, Sendable {
  /// A WebSocket frame with a push for a channel of this name.
  case webSocket(channel: String, form: WireForm = .json)
  /// The same, compressed for sessions with a window of so many bits.
  case compressedWebSocket(channel: String, form: WireForm = .json, windowBits: Int)
  /// A WebSocket frame that tells who has come to the channel, or gone; for its topic of news.
  case presence(channel: String, form: WireForm)
  /// A server-sent event that ends with its own `id:`; for a stream of one topic.
  ///
  /// The epoch is what the client is told where that is not the topic's alone.
  case eventStream(topic: String, epoch: String? = nil)
  /// The lines of a server-sent event before its `id:`; for a stream of several topics.
  case eventStreamLines(topic: String)
  /// The two forms above, with whole CloudEvents as data.
  case cloudEventStream(topic: String, epoch: String? = nil)
  case cloudEventStreamLines(topic: String)
  /// A server-sent event with a row of a table, or that it is gone, and its own `id:`.
  case tableStream(topic: String)
  /// One of the five forms above as a block of gzip content.
  indirect case gzip(WireFormat)

  /// Whether clients name it as they like, so that there is no end of such formats; of the others a
  /// topic has fourteen, and two for each size of a window.
  var isView: Bool {
    switch self {
    case .webSocket(let channel, _), .compressedWebSocket(let channel, _, _),
      .presence(let channel, _):
      // A byte, as where the topic's name ends: as a character it may be joined with others.
      channel.utf8.contains(UInt8(ascii: "?"))
    default: false
    }
  }

  /// One entry as it is sent.
  ///
  /// - Parameters:
  ///   - entry: The entry.
  ///   - compressor: Compresses what many sessions share; `nil` for one session alone, where that
  ///     costs more than it costs the client to take it as it is.
  /// - Returns: Its bytes, and what gzip content must know of them.
  func frame(_ entry: EventEntry, _ compressor: FrameCompressor?) -> EncodedFrame {
    guard case .gzip(let plain) = self else {
      return EncodedFrame(bytes: encode(entry, compressor))
    }
    let text = plain.encode(entry, compressor)
    return EncodedFrame(
      bytes: compressor?.block(text) ?? GzipContent.storedBlock(text),
      checksum: GzipChecksum(text)
    )
  }

  /// The bytes of one entry.
  func encode(_ entry: EventEntry, _ compressor: FrameCompressor?) -> [UInt8] {
    switch self {
    case .compressedWebSocket(let channel, let form, let bits):
      let message = form.publication(entry, channel: channel)
      guard let compressor else { return form.frame(message) }
      return compressor.frame(message, form.opcode, windowBits: bits)
    case .webSocket(let channel, let form):
      return form.frame(form.publication(entry, channel: channel))
    case .presence(let channel, let form):
      guard let push = ClientInfo.push(entry.event) else { return [] }
      return form.frame(.push(channel: channel, push))
    case .gzip:
      return frame(entry, compressor).bytes
    case .eventStream(let topic, let epoch):
      return EventStreamBlock.whole(entry, topic: topic, epoch, data: Self.plainData(entry))
    case .eventStreamLines:
      return EventStreamBlock.lines(entry, data: Self.plainData(entry))
    case .cloudEventStream(let topic, let epoch):
      return EventStreamBlock.whole(entry, topic: topic, epoch, data: Self.envelope(entry, topic))
    case .tableStream(let topic): return EventStreamBlock.change(entry, topic: topic)
    case .cloudEventStreamLines(let topic):
      return EventStreamBlock.lines(entry, data: Self.envelope(entry, topic))
    }
  }

  private static func plainData(_ entry: EventEntry) -> [UInt8] {
    entry.event.data
  }

  private static func envelope(_ entry: EventEntry, _ topic: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.cloudEvent(entry, topic: topic)
    return writer.bytes
  }
}

/// An entry in a wire format.
struct EncodedFrame: Sendable {
  let bytes: [UInt8]
  /// What it holds, where sessions must know that: in gzip content.
  var checksum: GzipChecksum?
}
