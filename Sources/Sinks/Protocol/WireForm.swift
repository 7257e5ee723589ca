// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// The two forms of the Centrifuge client protocol.
public enum WireForm: Hashable, Sendable {
  /// JSON objects in text messages.
  case json
  /// Messages of Protobuf behind their lengths, in binary messages.
  case protobuf

  /// The subprotocol by which clients ask for it.
  public var subprotocol: String {
    switch self {
    case .json: "centrifuge-json"
    case .protobuf: "centrifuge-protobuf"
    }
  }

  /// The opcode of its messages.
  var opcode: WebSocketOpcode {
    switch self {
    case .json: .text
    case .protobuf: .binary
    }
  }

  /// What is said to who has sent something else.
  var commandWords: String {
    switch self {
    case .json: #"a command is a line of JSON such as {"id":1,"connect":{}}"#
    case .protobuf: "a command is the protocol's message Command, with an id"
    }
  }

  /// A message as its bytes.
  func bytes(_ message: ServerMessage, reserving count: Int = 0) -> [UInt8] {
    switch self {
    case .json: JSONWireWriter.bytes(reserving: count) { message.write(into: &$0) }
    case .protobuf: ProtobufWireWriter.bytes(reserving: count) { message.write(into: &$0) }
    }
  }

  /// A message in a frame of its own.
  func frame(_ message: ServerMessage) -> [UInt8] { frame(bytes(message, reserving: 160)) }

  /// Bytes as a message in one frame.
  func frame(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + 10)
    WebSocketFrame.encode(opcode, bytes, into: &output)
    return output
  }

  /// A publication of a channel, to be framed.
  func publication(_ entry: EventEntry, channel: String) -> [UInt8] {
    let count = entry.event.data.count + channel.utf8.count + 96
    return bytes(.push(channel: channel, .publication(entry)), reserving: count)
  }
}
