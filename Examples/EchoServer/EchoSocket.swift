// SPDX-License-Identifier: Apache-2.0
import Codecs

/// A WebSocket that says what it hears, compressed where the client agreed to that.
final class EchoSocket {
  private var decoder: WebSocketDecoder
  private var deflater: WebSocketDeflater?
  /// Whether the conversation has ended.
  private(set) var isClosed = false

  init(_ compression: PermessageDeflate?) {
    var limits = WebSocketLimits()
    limits.maximumMessageBytes = EchoConnection.maximumBytes
    // A fragment of one byte costs no more than a message of one byte.
    limits.maximumFragmentCount = EchoConnection.maximumBytes
    decoder = WebSocketDecoder(role: .server, limits: limits, compression: compression)
    if let compression {
      deflater = WebSocketDeflater(
        windowBits: compression.serverWindowBits,
        keepsContext: !compression.serverNoContextTakeover
      )
    }
  }

  func receive(_ bytes: some Sequence<UInt8>) {
    decoder.receive(bytes)
  }

  /// The frame that answers the next message; empty where none is needed, `nil` when more must come.
  func next() -> [UInt8]? {
    do {
      return try decoder.nextEvent().map(answer)
    } catch {
      return close(error.closeCode)
    }
  }

  private func answer(_ event: WebSocketEvent) -> [UInt8] {
    var frame: [UInt8] = []
    switch event {
    case .text(let text): encode(.text, text, into: &frame)
    case .binary(let bytes): encode(.binary, bytes, into: &frame)
    case .ping(let payload): WebSocketFrame.encode(.pong, payload, into: &frame)
    case .pong: break
    case .close(let code, _): return close(code)
    }
    return frame
  }

  private func encode(_ opcode: WebSocketOpcode, _ message: [UInt8], into frame: inout [UInt8]) {
    frame.reserveCapacity(message.count + 10)
    if deflater?.encode(opcode, message, into: &frame) == nil {
      WebSocketFrame.encode(opcode, message, into: &frame)
    }
  }

  private func close(_ code: UInt16?) -> [UInt8] {
    isClosed = true
    var frame: [UInt8] = []
    WebSocketFrame.encodeClose(code: code, into: &frame)
    return frame
  }
}
