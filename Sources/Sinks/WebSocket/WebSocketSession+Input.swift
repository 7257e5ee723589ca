// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
public import Transport

extension WebSocketSession {
  /// Whether the client is heard: it is not while it leaves too many replies untaken.
  public var wantsInput: Bool { isClosing || connection.outbound.count < FanOutLimits.unheardBytes }

  /// Bytes held of messages that are not whole yet, and of its own that wait to leave: replies, not
  /// what topics have encoded for everybody.
  public var heldBytes: Int { (isClosing ? 0 : decoder.heldCount) + connection.heldBytes }

  /// Takes what the client has sent; after the end of the session, which it may not know of yet,
  /// to no effect.
  public func receive(_ bytes: some Sequence<UInt8>, now: MonotonicInstant) {
    guard !isClosing else { return }
    decoder.receive(bytes)
    proceed(now: now)
  }

  /// Looks at what was received, as far as there is room for replies; call it again when there is.
  public func proceed(now: MonotonicInstant) {
    do {
      while wantsInput, !isClosing {
        if let line = lines.popFirst() {
          handle(line, now: now)
        } else if let event = try decoder.nextEvent() {
          handle(event, now: now)
        } else {
          return
        }
      }
    } catch {
      close(code: error.closeCode, reason: error.description)
    }
  }

  func handle(_ event: WebSocketEvent, now: MonotonicInstant) {
    switch event {
    case .text(let text): lines = text.split(separator: UInt8(ascii: "\n"))[...]
    case .binary: close(code: 1003, reason: "binary messages are not understood")
    case .ping(let payload):
      pings += 1
      guard pings <= settings.maximumPings else { return close(.policy) }
      var frame: [UInt8] = []
      WebSocketFrame.encode(.pong, payload, into: &frame)
      send(frame)
    case .pong: pongBy = nil
    case .close(let code, _):
      close(code: code ?? CloseCode.normal.rawValue, reason: "", isReply: true)
    }
  }

  func handle(_ line: ArraySlice<UInt8>, now: MonotonicInstant) {
    guard let command = ClientCommand.parse(line) else { return close(.badRequest) }
    if case .pong = command.request {
      pongBy = nil
      return
    }
    if case .connect = command.request {
      isConnected ? close(.badRequest) : connect(command.id)
    } else if isConnected {
      perform(command, now: now)
    } else {
      send(ClientReply.error(command.id, .unauthorized))
      close(.badRequest)
    }
  }

  func connect(_ command: UInt64) {
    isConnected = true
    connectBy = nil
    send(
      ClientReply.connect(
        command,
        client: "\(id.loop)-\(id.number)",
        version: settings.version,
        pingSeconds: Int(settings.pingInterval.wholeMilliseconds / 1_000),
        time: directory.clock.now
      )
    )
  }
}
