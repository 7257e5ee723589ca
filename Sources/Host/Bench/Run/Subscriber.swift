// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

/// A connection that receives events and checks them; confined to the run's loop.
final class Subscriber: RunConnection {
  enum Phase {
    case opening(WebSocketOpener)
    /// Waits for the answers to so many commands.
    case subscribing(Int)
    case frames
    case blocks
  }

  let connection: Connection
  /// Which one it is, from 0 on.
  let index: Int
  /// Whether it stops reading for a while.
  let isSlow: Bool
  /// Whether it does not read now.
  var isPaused = false
  /// The topics it has, and what it received of each.
  let topics: [Int]
  var checkers: [SequenceChecker]
  /// The offset before the first event of each topic, where it is known.
  var bases: [UInt64?]
  let tally: FanoutTally
  var phase: Phase
  var scanner = FrameScanner()
  var decoder = HTTPResponseDecoder(limits: .endless)
  var events = ServerSentEventDecoder(maximumEventBytes: FrameScanner.maximumBytes)
  var reader: MarkerReader
  var fault: ConnectionFault?
  private(set) var isReady = false

  let plan: FanoutPlan
  private let host: String
  private let credentials: ServerCredentials
  private let target: String

  /// Takes over a socket that is being connected.
  init(
    _ connection: Connection,
    index: Int,
    isSlow: Bool,
    plan: FanoutPlan,
    server: ServerAddress,
    run: String,
    tally: FanoutTally
  ) {
    self.connection = connection
    self.index = index
    self.isSlow = isSlow
    self.plan = plan
    self.tally = tally
    topics = tally.subscriptions.topics[index]
    checkers = topics.map { _ in SequenceChecker() }
    bases = topics.map { _ in nil }
    reader = MarkerReader(run: run)
    (host, credentials) = (server.authority, server.credentials)
    let names = topics.map(plan.topicName)
    target =
      server.prefix
      + (plan.namesTopicsInAddress
        ? FanoutDialect.webSocketTarget(topics: names)
        : plan.dialect.subscribeTarget(plan.transport, topics: names))
    phase = plan.transport == .webSocket ? .opening(WebSocketOpener(target: target)) : .blocks
  }

  /// Whether all there is of its topics has come or was told to be missing.
  var isCaughtUp: Bool {
    zip(topics, checkers).allSatisfy { topic, checker in checker.next >= tally.numbers[topic] }
  }

  func opened() {
    switch phase {
    case .opening(let opener):
      let said = plan.namesTopicsInAddress ? credentials : nil
      _ = connection.send(opener.request(host: host, as: said))
    default:
      var fields: HTTPFields = ["Host": host, "Accept": "text/event-stream"]
      credentials.add(to: &fields)
      var bytes: [UInt8] = []
      HTTPRequestHead(method: "GET", target: target, fields: fields).encode(into: &bytes)
      _ = connection.send(bytes)
    }
  }

  func receive(_ bytes: [UInt8], at instant: MonotonicInstant) throws(ConnectionFault) {
    switch phase {
    case .opening(var opener):
      let rest = try opener.receive(bytes)
      phase = .opening(opener)
      guard let rest else { return }
      subscribe()
      if !rest.isEmpty { try receive(rest, at: instant) }
    case .subscribing, .frames: try receiveFrames(bytes, at: instant)
    case .blocks: try receiveBlocks(bytes, at: instant)
    }
  }

  func ended() throws(ConnectionFault) {
    throw fault ?? ConnectionFault(what: "the server closed subscriber \(index)'s connection")
  }

  /// Takes note that events will come from now on.
  func becameReady() { isReady = true }

  /// Notes an event that came.
  func note(_ marker: EventMarker, at instant: MonotonicInstant) {
    guard let place = place(of: marker.topic) else { return tally.foreign() }
    if checkers[place].note(marker.number) {
      tally.delivered(marker, at: instant, isSlow: isSlow)
    }
  }

  /// Notes a stretch of offsets that the server said is gone.
  func noteGap(topic name: String?, from: UInt64, to: UInt64) {
    let found = topics.count == 1 ? 0 : topics.firstIndex { plan.topicName($0) == name }
    guard let place = found, let base = bases[place], plan.publisherCount == 1, from > base,
      from <= to, to - base <= UInt64(FanoutPlan.maximumEvents)
    else { return tally.toldWithoutPlace(from <= to ? Int(clamping: to - from + 1) : 0) }
    let told = checkers[place].noteTold(Int(from - base - 1)..<Int(to - base))
    tally.told(told, isSlow: isSlow)
  }

  /// Where a topic stands among its own.
  private func place(of topic: Int) -> Int? {
    topics.count == 1 ? (topics[0] == topic ? 0 : nil) : topics.firstIndex(of: topic)
  }

  private func subscribe() {
    guard plan.dialect.hasCommands else {
      phase = .frames
      return becameReady()
    }
    phase = .subscribing(topics.count + 1)
    guard !plan.namesTopicsInAddress else { return }
    let commands = plan.dialect.subscribeCommands(
      topics: topics.map(plan.topicName),
      pipe: plan.pipe,
      as: credentials
    )
    _ = connection.send(WebSocketFrame.masked(.text, commands))
  }
}

extension HTTPLimits {
  /// Limits for an answer that has no end.
  static var endless: HTTPLimits {
    var limits = HTTPLimits()
    limits.maximumBodyBytes = .max
    return limits
  }
}
