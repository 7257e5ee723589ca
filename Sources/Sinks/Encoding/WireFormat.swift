// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// The forms in which entries leave for subscribers.
enum WireFormat: Hashable, Sendable {
  /// A WebSocket text frame with a push for a channel of this name.
  case webSocket(channel: String)
  /// The same, compressed for sessions with a window of so many bits.
  case compressedWebSocket(channel: String, windowBits: Int)
  /// A server-sent event that ends with its own `id:`; for a stream of one topic.
  case eventStream(topic: String)
  /// The lines of a server-sent event before its `id:`; for a stream of several topics.
  case eventStreamLines(topic: String)
  /// The two forms above, with whole CloudEvents as data.
  case cloudEventStream(topic: String)
  case cloudEventStreamLines(topic: String)

  /// Whether clients name it as they like, so that there is no end of such formats; of the others a
  /// topic has five and one for each size of a window.
  var isView: Bool {
    switch self {
    case .webSocket(let channel), .compressedWebSocket(let channel, _): channel.contains("?")
    default: false
    }
  }

  /// The form of what is encoded for one session alone: never compressed, which costs more than it
  /// costs the client to take it as it is.
  var unshared: WireFormat {
    if case .compressedWebSocket(let channel, _) = self {
      .webSocket(channel: channel)
    } else {
      self
    }
  }

  /// The bytes of one entry.
  func encode(_ entry: EventEntry, _ compressor: FrameCompressor) -> [UInt8] {
    switch self {
    case .compressedWebSocket(let channel, let bits):
      let text = WebSocketPush.publicationText(entry, channel: channel)
      return compressor.frame(text, windowBits: bits)
    case .webSocket(let channel):
      return WebSocketPush.publication(entry, channel: channel)
    case .eventStream(let topic):
      return EventStreamBlock.whole(entry, topic: topic, data: Self.plainData(entry))
    case .eventStreamLines:
      return EventStreamBlock.lines(entry, data: Self.plainData(entry))
    case .cloudEventStream(let topic):
      return EventStreamBlock.whole(entry, topic: topic, data: Self.envelope(entry, topic))
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
