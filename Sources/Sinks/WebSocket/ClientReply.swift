// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// The replies to commands, as text frames.
enum ClientReply {
  static func error(_ id: UInt64, _ error: ProtocolError) -> [UInt8] {
    reply(id, "error") { writer in
      writer.name("code")
      writer.value(Int(error.code))
      writer.member("message", error.message)
      if error.isTemporary { writer.member("temporary", true) }
    }
  }

  static func connect(
    _ id: UInt64,
    client: String,
    version: String,
    pingSeconds: Int,
    time: Timestamp
  ) -> [UInt8] {
    reply(id, "connect") { writer in
      writer.member("client", client)
      writer.member("version", version)
      writer.name("ping")
      writer.value(pingSeconds)
      writer.member("pong", true)
      writer.member("session", client)
      writer.name("time")
      writer.value(time.milliseconds)
    }
  }

  static func subscribe(
    _ id: UInt64,
    epoch: Epoch,
    offset: Offset,
    recovered: Bool?,
    publications: [EventEntry]
  ) -> [UInt8] {
    reply(id, "subscribe") { writer in
      writer.member("recoverable", true)
      writer.member("positioned", true)
      writer.member("epoch", "\(epoch)")
      writer.member("offset", offset)
      if let recovered {
        writer.member("was_recovering", true)
        writer.member("recovered", recovered)
      }
      guard !publications.isEmpty else { return }
      writer.name("publications")
      writer.beginArray()
      for entry in publications { writer.publication(entry) }
      writer.endArray()
    }
  }

  /// A reply that says no more than that it was done.
  static func done(_ id: UInt64, _ method: String) -> [UInt8] {
    reply(id, method) { _ in }
  }

  private static func reply(
    _ id: UInt64,
    _ method: String,
    _ body: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("id", id)
    writer.name(method)
    writer.beginObject()
    body(&writer)
    writer.endObject()
    writer.endObject()
    return WebSocketPush.frame(writer.bytes)
  }
}
