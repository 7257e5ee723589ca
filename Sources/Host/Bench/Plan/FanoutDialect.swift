// SPDX-License-Identifier: Apache-2.0
import Codecs

/// How subscribers and publishers are written to a kind of server.
enum FanoutDialect: String, CaseIterable, Sendable {
  /// Weir: Centrifuge's commands, event streams, and its own routes.
  case weir
  /// A server that sends each `POST /publish` to each WebSocket at `/subscribe`, or to each event
  /// stream there.
  case raw
  /// nginx with nchan: `POST /pub/TOPIC`, WebSockets and event streams at `/sub/TOPIC`.
  case nchan

  /// Whether subscribers send commands over their WebSocket.
  var hasCommands: Bool { self == .weir }
  /// Whether the places of events in a topic can be asked for, and gaps are told.
  var tellsPlaces: Bool { self == .weir }

  /// Where to subscribe, for topics whose names need no escapes.
  func subscribeTarget(_ transport: FanoutPlan.Transport, topics: [String]) -> String {
    switch (self, transport) {
    case (.weir, .webSocket): "/connection/websocket"
    case (.weir, .eventStream): "/v1/events?" + Self.query(topics)
    case (.raw, _): "/subscribe"
    case (.nchan, _): "/sub/\(topics.first ?? "")"
    }
  }

  /// Where a WebSocket subscribes to topics without a command.
  static func webSocketTarget(topics: [String]) -> String {
    "/connection/websocket?" + query(topics)
  }

  private static func query(_ topics: [String]) -> String {
    topics.map { "topic=\($0)" }.joined(separator: "&")
  }

  /// Where to publish to a topic.
  func publishTarget(topic: String) -> String {
    switch self {
    case .weir: "/v1/topics/\(topic)/events"
    case .raw: "/publish"
    case .nchan: "/pub/\(topic)"
    }
  }

  /// The message with which a subscriber asks for its topics, or for what a chain makes of them.
  func subscribeCommands(
    topics: [String],
    pipe: String?,
    as credentials: ServerCredentials
  ) -> [UInt8] {
    let chain = pipe.map { #","pipe":\#($0)"# } ?? ""
    var lines = [String(decoding: credentials.connectCommand, as: UTF8.self)]
    for (index, topic) in topics.enumerated() {
      lines.append(
        #"{"id":\#(index + 2),"subscribe":{"channel":"\#(topic)","data":{"gaps":true\#(chain)}}}"#
      )
    }
    return Array(lines.joined(separator: "\n").utf8)
  }
}
