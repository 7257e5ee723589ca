// SPDX-License-Identifier: Apache-2.0
import Codecs
public import Streams
public import Transport

/// One client of the Centrifuge protocol over one WebSocket; confined to its loop.
public final class WebSocketSession: FanOutSession {
  struct Subscription {
    let channel: String
    let log: FrameLog
    var next: Offset
    let wantsGaps: Bool
  }

  struct HeldPublish {
    let command: UInt64
    let topic: Topic<Event>
    let ticket: HeldTicket
    let deadline: MonotonicInstant
  }

  /// Its name.
  public let id: SessionID
  /// Its connection.
  public let connection: Connection
  let shard: FanOutShard
  let directory: TopicDirectory
  let settings: WebSocketSettings
  private var decoder: WebSocketDecoder
  private(set) var isConnected = false
  var subscriptions: [Subscription] = []
  var held: [HeldPublish] = []
  /// When the next ping is due, or the answer to the last one.
  private var pingAt: MonotonicInstant
  private var pongBy: MonotonicInstant?
  private var connectBy: MonotonicInstant?
  /// Set once a close frame was queued: nothing follows it.
  public private(set) var isClosing = false

  /// Takes over a connection whose handshake is done.
  public init(
    _ connection: Connection,
    shard: FanOutShard,
    directory: TopicDirectory,
    settings: WebSocketSettings,
    now: MonotonicInstant
  ) {
    id = shard.makeID()
    self.connection = connection
    self.shard = shard
    self.directory = directory
    self.settings = settings
    decoder = WebSocketDecoder(role: .server, limits: settings.limits)
    pingAt = now.advanced(by: settings.pingInterval * Double.random(in: 0.1...1))
    connectBy = now.advanced(by: settings.connectTimeout)
    shard.add(self)
  }

  // MARK: Input

  /// Takes what the client has sent.
  public func receive(_ bytes: some Sequence<UInt8>, now: MonotonicInstant) {
    decoder.receive(bytes)
    do {
      while !isClosing, let event = try decoder.nextEvent() { handle(event, now: now) }
    } catch {
      close(code: error.closeCode, reason: error.description)
    }
  }

  private func handle(_ event: WebSocketEvent, now: MonotonicInstant) {
    switch event {
    case .text(let text):
      for line in text.split(separator: UInt8(ascii: "\n")) where !isClosing {
        handle(line, now: now)
      }
    case .binary: close(code: 1003, reason: "binary messages are not understood")
    case .ping(let payload):
      var frame: [UInt8] = []
      WebSocketFrame.encode(.pong, payload, into: &frame)
      send(frame)
    case .pong: pongBy = nil
    case .close(let code, _): close(code: code ?? CloseCode.normal.rawValue, reason: "")
    }
  }

  private func handle(_ line: ArraySlice<UInt8>, now: MonotonicInstant) {
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

  private func connect(_ command: UInt64) {
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

  // MARK: Output

  func send(_ frame: [UInt8]) {
    guard !isClosing else { return }
    if !connection.send(frame) { close(.slow) }
  }

  /// Sends what waits, then what the subscriptions have and the socket takes.
  public func pump() {
    connection.flush()
    guard !isClosing else { return }
    var index = 0
    var idle = 0
    while connection.isClear, !subscriptions.isEmpty, idle < subscriptions.count {
      index %= subscriptions.count
      if pump(index) {
        idle = 0
        connection.flush()
      } else {
        idle += 1
      }
      index += 1
    }
  }

  /// Queues a bounded batch of one subscription; answers whether there was anything.
  private func pump(_ index: Int) -> Bool {
    let subscription = subscriptions[index]
    let slice = subscription.log.read(
      from: subscription.next,
      maximumCount: FanOutLimits.batchFrames,
      maximumBytes: FanOutLimits.batchBytes
    )
    if let gap = slice.gap, !tell(gap, of: subscription) { return true }
    for frame in slice.frames { send(frame) }
    subscriptions[index].next = slice.next
    return slice.gap != nil || !slice.frames.isEmpty
  }

  /// Tells of a gap; answers whether the subscription goes on.
  private func tell(_ gap: Gap, of subscription: Subscription) -> Bool {
    if subscription.wantsGaps {
      send(WebSocketPush.gap(gap, channel: subscription.channel))
      return true
    }
    send(WebSocketPush.unsubscribe(.insufficientState, channel: subscription.channel))
    endSubscription(subscription.channel)
    return false
  }

  /// Ends one subscription, if there is one of that channel.
  func endSubscription(_ channel: String) {
    guard let index = subscriptions.firstIndex(where: { $0.channel == channel }) else { return }
    let topic = subscriptions.remove(at: index).log.topic
    if !subscriptions.contains(where: { $0.log.topic === topic }) {
      shard.stopReading(topic, by: id)
    }
  }

  // MARK: Time and end

  /// Does what is due; call it about once a second.
  public func tick(now: MonotonicInstant) {
    if let connectBy, connectBy <= now { return close(.stale) }
    if let pongBy, pongBy <= now { return close(.noPong) }
    expireHeld(now: now)
    guard isConnected, pingAt <= now else { return }
    pingAt = now.advanced(by: settings.pingInterval)
    if pongBy == nil { pongBy = now.advanced(by: settings.pongTimeout) }
    send(WebSocketPush.ping)
    connection.flush()
  }

  /// Says why and ends the session once that is sent.
  public func close(_ code: CloseCode) {
    close(code: code.rawValue, reason: code.text)
  }

  private func close(code: UInt16, reason: String) {
    guard !isClosing else { return }
    var frame: [UInt8] = []
    let mayCarry = WebSocketFrame.mayCarry(closeCode: code)
    WebSocketFrame.encodeClose(code: mayCarry ? code : nil, reason: reason, into: &frame)
    _ = connection.send(frame)
    isClosing = true
    end()
  }

  /// Forgets everything it holds elsewhere; call it when the connection is gone.
  public func end() {
    for topic in Set(subscriptions.map { ObjectIdentifier($0.log.topic) }) {
      guard let subscription = subscriptions.first(where: { ObjectIdentifier($0.log.topic) == topic })
      else { continue }
      shard.stopReading(subscription.log.topic, by: id)
    }
    subscriptions = []
    for publish in held { publish.topic.withdraw(publish.ticket) }
    held = []
    shard.remove(id)
  }
}
