// SPDX-License-Identifier: Apache-2.0

/// A field of a message of the Centrifuge client protocol: its name in JSON, its number in Protobuf.
struct WireField {
  let name: String
  let number: Int

  init(_ name: String, _ number: Int) { (self.name, self.number) = (name, number) }

  // Commands and replies.
  static let id = WireField("id", 1)
  static let error = WireField("error", 2)
  static let push = WireField("push", 4)

  // Errors.
  static let code = WireField("code", 1)
  static let message = WireField("message", 2)
  static let temporary = WireField("temporary", 3)

  // Who a client is, for others.
  static let user = WireField("user", 1)
  static let client = WireField("client", 2)
  static let connInfo = WireField("conn_info", 3)
  static let chanInfo = WireField("chan_info", 4)
  static let info = WireField("info", 1)
}

/// The methods that clients call; commands and replies name them alike and number them apart.
enum WireMethod: String, CaseIterable {
  case connect, subscribe, unsubscribe, publish, presence
  case presenceStats = "presence_stats"
  case history, ping, send, rpc, refresh
  case subRefresh = "sub_refresh"

  /// Its field in a command.
  var command: WireField {
    switch self {
    case .connect: WireField(rawValue, 4)
    case .subscribe: WireField(rawValue, 5)
    case .unsubscribe: WireField(rawValue, 6)
    case .publish: WireField(rawValue, 7)
    case .presence: WireField(rawValue, 8)
    case .presenceStats: WireField(rawValue, 9)
    case .history: WireField(rawValue, 10)
    case .ping: WireField(rawValue, 11)
    case .send: WireField(rawValue, 12)
    case .rpc: WireField(rawValue, 13)
    case .refresh: WireField(rawValue, 14)
    case .subRefresh: WireField(rawValue, 15)
    }
  }

  /// Its field in a reply; what is sent gets none.
  var reply: WireField {
    switch self {
    case .connect, .subscribe, .unsubscribe, .publish, .presence, .presenceStats, .history, .ping:
      WireField(rawValue, command.number + 1)
    case .send, .rpc, .refresh, .subRefresh: command
    }
  }
}
