// SPDX-License-Identifier: Apache-2.0
public import Codecs
public import Streams
public import Transport

/// One client of the Centrifuge protocol over one WebSocket; confined to its loop.
public final class WebSocketSession: FanOutSession {
  struct HeldPublish {
    let number: UInt64
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
  var due = FanOutQueue()
  /// Set once a close frame was queued: nothing follows it.
  public private(set) var isClosing = false
  let services: ClientServices
  /// The form of the protocol that it speaks.
  let form: WireForm
  /// The token that came with the handshake; empty for none.
  let handshakeToken: String
  /// What was agreed on with the client; `nil` where nothing is compressed.
  private let compression: PermessageDeflate?
  var decoder: WebSocketDecoder
  /// Commands of the last message that were not looked at yet.
  var commands: ArraySlice<ArraySlice<UInt8>> = []
  /// What the address asks for, which comes first: the next one last.
  var opening: [ClientCommand] = []
  var isConnected = false
  /// Whether something has to be known before the client is heard any further.
  var isBusy = false
  /// Who the client is, once it is connected, and what it may do.
  var access: ClientAccess
  var subscriptions: [Subscription] = []
  /// Channels that are read as soon as what was missed is there.
  var recovering: [String: Waiting] = [:]
  /// How many of its subscriptions are waited for.
  var holdCount = 0
  /// How many pages are being read from disk.
  var readCount = 0
  /// How many topics it has brought into being.
  var madeCount = 0
  /// What it may still do in this turn of the loop, in commands.
  var budget = WebSocketSession.turnBudget
  /// Commands that are done before others have their turn.
  static let turnBudget = 256
  /// What reading a page counts as.
  static let historyCost = 64
  /// How many calls are not answered yet.
  var callCount = 0
  var held: [HeldPublish] = []
  /// Counts publishes and recoveries, so that a late answer finds its own.
  var publishNumber: UInt64 = 0
  /// When the next ping is due, or the answer to the last one.
  var pingAt: MonotonicInstant
  var pongBy: MonotonicInstant?
  var connectBy: MonotonicInstant?
  /// The code with which the server has closed; `nil` where it has not, or the client did.
  public private(set) var closeCode: UInt16?
  /// Pings since the last tick.
  var pings = 0

  /// Takes over a connection whose handshake is done.
  ///
  /// - Parameters:
  ///   - connection: The connection.
  ///   - shard: The shard of the connection's loop.
  ///   - services: Topics, intervals and bounds, and what else is asked for.
  ///   - form: The form of the protocol that was agreed on. Default JSON.
  ///   - token: What the handshake's `Authorization` holds, which counts unless `connect` brings
  ///     another. Default none.
  ///   - compression: What the handshake agreed on; events are compressed once for all sessions with
  ///     the same window, replies not. Default none.
  ///   - now: The loop's time.
  public init(
    _ connection: Connection,
    shard: FanOutShard,
    services: ClientServices,
    form: WireForm = .json,
    token: String = "",
    compression: PermessageDeflate? = nil,
    now: MonotonicInstant
  ) {
    id = shard.makeID()
    self.connection = connection
    self.shard = shard
    self.services = services
    self.form = form
    handshakeToken = token
    access = services.anonymous
    self.compression = compression
    let settings = services.settings
    decoder = WebSocketDecoder(role: .server, limits: settings.limits, compression: compression)
    pingAt = now.advanced(by: settings.firstPing(of: id.number))
    connectBy = now.advanced(by: settings.connectTimeout)
    shard.add(self)
  }

  /// The form in which the entries of a channel leave.
  func format(of channel: String) -> WireFormat {
    guard let compression else { return .webSocket(channel: channel, form: form) }
    return .compressedWebSocket(
      channel: channel,
      form: form,
      windowBits: compression.serverWindowBits
    )
  }

  // MARK: Output

  /// What the client and others call the connection.
  var name: String { "\(id.loop)-\(id.number)" }
  var clock: any EngineClock { services.directory.clock }
  /// Intervals and bounds.
  var settings: WebSocketSettings { services.settings }
  /// Whose share its subscriptions count for.
  public var client: ClientKey? {
    ClientKey(access.identity, connection.id, loop: id.loop)
  }

  func send(_ message: ServerMessage) { send(form.frame(message)) }

  func send(_ frame: [UInt8], isShared: Bool) {
    guard !isClosing else { return }
    if !connection.send(frame, isShared: isShared) { close(.slow) }
  }

  /// Notes that a topic has news.
  public func hear(_ cursor: FanOutCursor, head: Offset) {
    // A subscription may have ended in this very turn.
    if cursor.isRead { note(cursor, head: head) }
  }

  /// Sends what waits, then what the subscriptions have and the socket takes.
  public func pump() {
    budget = Self.turnBudget
    pumpCursors()
    guard holdCount > 0, connection.isWritten else { return }
    for subscription in subscriptions {
      guard case .held(let held) = subscription.derived else { continue }
      held.consume(through: subscription.cursor.next - 1)
    }
  }

  /// Tells of a gap; answers whether the subscription goes on.
  private func tell(_ gap: Gap, at cursor: FanOutCursor) -> Bool {
    guard let subscription = subscriptions.first(where: { $0.cursor === cursor }) else {
      // Who missed some of who came and went has to ask who is there.
      if let missing = subscriptions.first(where: { $0.news === cursor }) {
        endSubscription(missing.channel, telling: .insufficientState)
      }
      return false
    }
    if subscription.wantsGaps {
      send(.push(channel: subscription.channel, .gap(gap)))
      return !isClosing
    }
    endSubscription(subscription.channel, telling: .insufficientState)
    return false
  }

  /// Ends the subscription, so that the client subscribes again and learns that it did not recover.
  public func lose(_ cursor: FanOutCursor) {
    let lost = subscriptions.first { $0.cursor === cursor }
    guard !isClosing, let channel = lost?.channel else { return }
    endSubscription(channel, telling: .insufficientState)
    connection.flush()
  }

  /// Ends one subscription, if there is one of that channel, and tells the client if it has not asked.
  func endSubscription(_ channel: String, telling reason: UnsubscribeCode? = nil) {
    recovering.removeValue(forKey: channel)?.ticket?.cancel()
    guard let index = subscriptions.firstIndex(where: { $0.channel == channel }) else { return }
    if let reason { send(.push(channel: channel, .unsubscribe(reason))) }
    // Telling may have ended the session, and all subscriptions with it.
    guard index < subscriptions.count else { return }
    leave(subscriptions.remove(at: index))
  }

  /// Forgets what a subscription holds elsewhere.
  private func leave(_ subscription: Subscription) {
    shard.stopReading(subscription.cursor)
    subscription.derived?.end()
    if case .held = subscription.derived { holdCount -= 1 }
    if subscription.isPresent { services.presence.leave(subscription.topic, name) }
    guard let news = subscription.news else { return }
    shard.stopReading(news)
    services.presence.closeNews(of: subscription.topic)
  }

  // MARK: Time and end

  /// Does what is due; call it about once a second.
  ///
  /// - Returns: Whether anything was sent.
  @discardableResult
  public func tick(now: MonotonicInstant) -> Bool {
    if let code = overdue(now: now) {
      close(code)
      return true
    }
    pings = 0
    expireHeld(now: now)
    let hasEnded = endExpired()
    if hasEnded { connection.flush() }
    guard isConnected, !isClosing, pingAt <= now else { return hasEnded }
    pingAt = now.advanced(by: settings.pingInterval)
    if pongBy == nil { pongBy = now.advanced(by: settings.pongTimeout) }
    send(.ping)
    connection.flush()
    return true
  }

  /// Why the client has had its time, if it has.
  private func overdue(now: MonotonicInstant) -> CloseCode? {
    if let connectBy, connectBy <= now { return .stale }
    // While it is not heard nothing can come from it.
    if let pongBy, pongBy <= now, !isBusy { return .noPong }
    return nil
  }

  /// Says why and ends the session once that is sent.
  public func close(_ code: CloseCode) {
    close(code: code.rawValue, reason: code.text)
  }

  /// The same, in words that a person can do something with; nothing secret is in them.
  func close(_ code: CloseCode, because detail: String) {
    close(code: code.rawValue, reason: "\(code.text): \(detail)")
  }

  func close(code: UInt16, reason: String, isReply: Bool = false) {
    guard !isClosing else { return }
    if !isReply { closeCode = code }
    var frame: [UInt8] = []
    let mayCarry = WebSocketFrame.mayCarry(closeCode: code)
    WebSocketFrame.encodeClose(code: mayCarry ? code : nil, reason: reason, into: &frame)
    _ = connection.send(frame)
    isClosing = true
    commands = []
    opening = []
    end()
  }

  /// Forgets everything it holds elsewhere; call it when the connection is gone.
  public func end() {
    due.removeAll()
    let left = subscriptions
    subscriptions = []
    for subscription in left { leave(subscription) }
    for waiting in recovering.values { waiting.ticket?.cancel() }
    recovering = [:]
    for publish in held { publish.topic.withdraw(publish.ticket) }
    held = []
    shard.remove(id)
  }
}

extension WebSocketSession: FanOutCursors {
  func pump(_ cursor: FanOutCursor) {
    guard let slice = read(cursor) else { return }
    if let gap = slice.gap, !tell(gap, at: cursor) { return }
    send(slice)
  }
}
