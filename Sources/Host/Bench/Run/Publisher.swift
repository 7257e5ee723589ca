// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

/// A connection that publishes events; confined to the run's loop.
///
/// Requests and commands do not wait for the answer to the one before: an event that is due must not
/// be held back by what the publisher chose to wait for.
final class Publisher: RunConnection {
  /// The most requests or commands without an answer; a server may hold as many of one client.
  static let maximumUnanswered = 64
  /// The most events that wait to be sent; with more the run is given up.
  static let maximumWaiting = 1_000_000
  /// The most bytes of one piece of a streamed body.
  private static let pieceBytes = 64 << 10

  let connection: Connection
  var isReady = false
  let plan: FanoutPlan
  private let host: String
  private let credentials: ServerCredentials
  let target: String
  let tally: FanoutTally
  private var template: PublishTemplate
  private var opener: WebSocketOpener?
  var decoder = HTTPResponseDecoder()
  var scanner = FrameScanner()
  /// What is due and not sent: from `firstWaiting` on.
  private var waiting: [EventMarker] = []
  private var firstWaiting = 0
  /// What is sent and not answered: from `firstUnanswered` on.
  var unanswered: [EventMarker] = []
  var firstUnanswered = 0
  /// Whether a streamed body is under way, and whether its end was sent.
  var isStreaming = false
  var isFinishing = false
  var fault: ConnectionFault?

  /// Takes over a socket that is being connected.
  init(
    _ connection: Connection,
    plan: FanoutPlan,
    server: ServerAddress,
    run: String,
    tally: FanoutTally
  ) {
    self.connection = connection
    self.plan = plan
    self.tally = tally
    (host, credentials) = (server.authority, server.credentials)
    target = server.prefix + plan.dialect.publishTarget(topic: plan.topicName(0))
    switch plan.publishing {
    case .requests: template = .request(plan, server: server, run: run)
    case .lines: template = .line(plan, run: run)
    case .webSocket:
      template = .command(plan, run: run)
      opener = WebSocketOpener(
        target: server.prefix + plan.dialect.subscribeTarget(.webSocket, topics: [])
      )
    }
  }

  /// How many events wait to be sent.
  var waitingCount: Int { waiting.count - firstWaiting }
  /// Whether nothing is on its way, not even the answer to a streamed body.
  var isSettled: Bool { waitingCount == 0 && unansweredCount == 0 && !isStreaming }
  var unansweredCount: Int { unanswered.count - firstUnanswered }

  func opened() {
    if let opener {
      _ = connection.send(opener.request(host: host))
    } else {
      isReady = true
    }
  }

  /// Takes an event that is due; it is sent at once or as soon as there is room.
  func publish(_ marker: EventMarker) throws(ConnectionFault) {
    guard waitingCount < Self.maximumWaiting else {
      throw ConnectionFault(
        what: "\(Self.maximumWaiting) events wait to be published",
        remedy: "the server takes fewer a second; lower --rate"
      )
    }
    waiting.append(marker)
  }

  /// Sends what waits, as much as there is room for.
  func pump() {
    guard isReady else { return }
    if plan.publishing == .lines {
      while waitingCount > 0, connection.isClear { sendPiece() }
    } else {
      while waitingCount > 0, unansweredCount < Self.maximumUnanswered,
        connection.outbound.count < Self.pieceBytes, sendNext()
      {}
      connection.flush()
    }
  }

  /// Ends the streamed body, so that the server says how much of it it took.
  func finishStream() {
    guard isStreaming, !isFinishing, waitingCount == 0 else { return }
    isFinishing = true
    _ = connection.send(Array("0\r\n\r\n".utf8))
    connection.flush()
  }

  func receive(_ bytes: [UInt8], at instant: MonotonicInstant) throws(ConnectionFault) {
    guard plan.publishing == .webSocket else { return try receiveAnswers(bytes, at: instant) }
    if isReady || opener == nil { return try receiveFrames(bytes, at: instant) }
    guard let rest = try opener?.receive(bytes) else { return }
    opener = nil
    _ = connection.send(WebSocketFrame.masked(.text, credentials.connectCommand))
    if !rest.isEmpty { try receiveFrames(rest, at: instant) }
  }

  func ended() throws(ConnectionFault) {
    throw ConnectionFault(
      what: "the server closed a publisher's connection",
      remedy: "it must let a connection have any number of requests"
    )
  }

  // MARK: Sending

  private func takeWaiting() -> EventMarker {
    let marker = waiting[firstWaiting]
    firstWaiting += 1
    if firstWaiting == waiting.count {
      waiting.removeAll(keepingCapacity: true)
      firstWaiting = 0
    }
    return marker
  }

  private func sendNext() -> Bool {
    let marker = takeWaiting()
    var bytes = template.stamped(marker)
    if plan.publishing == .webSocket { bytes = WebSocketFrame.masked(.text, bytes) }
    unanswered.append(marker)
    return connection.send(bytes)
  }

  private func sendPiece() {
    if !isStreaming {
      isStreaming = true
      var fields: HTTPFields = [
        "Host": host, "Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked",
      ]
      credentials.add(to: &fields)
      var head: [UInt8] = []
      HTTPRequestHead(method: "POST", target: target, fields: fields).encode(into: &head)
      _ = connection.send(head)
    }
    var lines: [UInt8] = []
    var sent: [EventMarker] = []
    while waitingCount > 0, lines.count < Self.pieceBytes {
      let marker = takeWaiting()
      lines += template.stamped(marker)
      sent.append(marker)
    }
    _ = connection.send(Array("\(String(lines.count, radix: 16))\r\n".utf8) + lines + [13, 10])
    connection.flush()
    let now = MonotonicInstant.now
    for marker in sent { tally.answered(marker, at: now, isAccepted: true) }
  }
}
