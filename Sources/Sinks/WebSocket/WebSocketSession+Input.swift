// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
public import Transport

extension WebSocketSession {
  /// Whether the client is heard: it is not while it leaves too many replies untaken.
  public var wantsInput: Bool {
    isClosing
      || !isBusy && budget > 0 && connection.outbound.count < FanOutLimits.unheardBytes
  }

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

  /// Connects and subscribes to topics, as a first message from the client would have.
  ///
  /// Command 1 connects, those from 2 on subscribe, in the order of the topics; gaps are told in-band.
  /// Call it before anything was received; nothing happens without topics.
  ///
  /// - Parameters:
  ///   - topics: Their names, which are checked like those of any command.
  ///   - now: The loop's time.
  public func subscribe(atOnceTo topics: [String], now: MonotonicInstant) {
    guard !topics.isEmpty else { return }
    opening = topics.enumerated().reversed().map { index, topic in
      var request = SubscribeRequest(channel: topic)
      request.wantsGaps = true
      return ClientCommand(id: UInt64(index + 2), request: .subscribe(request))
    }
    opening.append(ClientCommand(id: 1, request: .connect(ConnectRequest())))
    proceed(now: now)
  }

  /// Looks at what was received, as far as there is room for replies; call it again when there is.
  public func proceed(now: MonotonicInstant) {
    do {
      while wantsInput, !isClosing {
        if let command = opening.popLast() {
          handle(command, now: now)
        } else if let text = commands.popFirst() {
          handle(text, now: now)
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
    case .text(let text):
      guard form == .json else { return close(code: 1003, reason: "text is not understood") }
      commands = text.parts(between: UInt8(ascii: "\n"))[...]
    case .binary(let bytes):
      guard form == .protobuf else { return close(code: 1003, reason: "bytes are not understood") }
      guard let parts = try? ProtobufStream.split(bytes) else {
        let words = "a message is commands, each behind its length as a varint"
        return close(.badRequest, because: words)
      }
      commands = parts[...]
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

  func handle(_ text: ArraySlice<UInt8>, now: MonotonicInstant) {
    let parsed = form == .json ? ClientCommand.parse(json: text) : .parse(protobuf: text)
    guard let command = parsed else { return close(.badRequest, because: form.commandWords) }
    handle(command, now: now)
  }

  private func handle(_ command: ClientCommand, now: MonotonicInstant) {
    budget -= 1
    if case .pong = command.request {
      pongBy = nil
      return
    }
    if case .connect(let request) = command.request {
      guard !isConnected else { return close(.badRequest, because: "'connect' comes once") }
      connect(command.id, request)
    } else if isConnected {
      perform(command, now: now)
    } else {
      send(.error(command.id, .unauthorized))
      close(.badRequest, because: "connect first")
    }
  }

  /// Has the loop look again at what the client has sent.
  func goOn() {
    isBusy = false
    shard.whenHeardAgain?(connection.id)
  }
}
