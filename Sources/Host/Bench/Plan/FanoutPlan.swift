// SPDX-License-Identifier: Apache-2.0

/// What a run of `weir bench fanout` does.
struct FanoutPlan: Equatable, Sendable {
  /// How subscribers receive.
  enum Transport: String, CaseIterable, Sendable {
    case webSocket = "ws"
    case eventStream = "sse"
  }

  /// How events are published.
  enum Publishing: String, CaseIterable, Sendable {
    /// A request for each.
    case requests = "http"
    /// A line of one request for each.
    case lines = "ndjson"
    /// A command on a WebSocket for each.
    case webSocket = "ws"
  }

  /// When events are published.
  enum Load: Equatable, Sendable {
    /// So many a second, each at its own fixed instant, whatever became of those before.
    case rate(perSecond: Int)
    /// So many at a time: the next when one has come to everybody.
    case inFlight(Int)
    /// None: connections are only held.
    case idle
  }

  /// How long the measured part lasts.
  enum Length: Equatable, Sendable {
    case events(Int)
    case seconds(Int)
  }

  var dialect = FanoutDialect.weir
  var transport = Transport.webSocket
  /// Whether a WebSocket's address names its topics, so that nothing has to be sent over it.
  var namesTopicsInAddress = false
  var publishing = Publishing.requests
  var load = Load.inFlight(1)
  var length = Length.seconds(5)
  var warmUp: Duration = .milliseconds(500)
  /// The topic's name, or with several the beginning of their names.
  var topic = "bench"
  var topicCount = 1
  var subscriberCount = 100
  var subscriptionsEach = 1
  /// The chain of each subscription as JSON, which lets every event through with its data; `nil` for none.
  var pipe: String?
  var publisherCount = 1
  var payloadBytes = 128
  /// How many of a hundred subscribers stop reading for the second quarter of the measured part
  /// and the third.
  var slowPercent = 0
  /// The processes whose use is read.
  var processes: [Int] = []
  /// How long to wait for an answer, a handshake, or the last events.
  var patience: Duration = .seconds(10)
  /// Where the numbers that choose topics begin.
  var seed: UInt64 = 1

  /// How many subscribers stop reading for a while; at least one where any should.
  var slowCount: Int {
    slowPercent == 0 ? 0 : max(1, subscriberCount * slowPercent / 100)
  }

  /// How many publishers are connected: one that publishes nothing would be closed as idle.
  var connectedPublisherCount: Int { load == .idle ? 0 : publisherCount }

  /// The name of a topic.
  func topicName(_ index: Int) -> String {
    guard topicCount > 1 else { return topic }
    let digits = String(index)
    return "\(topic).\(String(repeating: "0", count: 6 - digits.count))\(digits)"
  }
}
