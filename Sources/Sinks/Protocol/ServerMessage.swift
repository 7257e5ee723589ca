// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// What a server says: a reply to a command, or a push.
enum ServerMessage {
  case error(UInt64, ProtocolError)
  case connected(UInt64, Connected)
  case subscribed(UInt64, Subscribed)
  /// A reply that says no more than that it was done.
  case done(UInt64, WireMethod)
  case presence(UInt64, [(client: String, info: ClientInfo)])
  case presenceStats(UInt64, clients: Int, users: Int)
  case history(UInt64, HistoryPage)
  case rpc(UInt64, WirePayload)
  case refreshed(UInt64, client: String, version: String, Validity)
  case subscriptionRefreshed(UInt64, Validity)
  case push(channel: String, ServerPush)
  /// Asks whether the client is still there; it answers with the same.
  case ping
}

/// What a server sends without being asked.
enum ServerPush {
  case publication(EventEntry)
  /// Entries that were gone before they could be sent.
  case gap(Gap)
  case join(ClientInfo)
  case leave(ClientInfo)
  /// The end of a subscription by the server's will.
  case unsubscribe(UnsubscribeCode)
  /// The beginning of one.
  case subscribe(Subscribed)
  /// How long the connection goes on.
  case refresh(Validity)
}

/// How long something counts, unless it is refreshed.
struct Validity: Equatable {
  /// Seconds; `nil` for ever.
  let seconds: UInt64?

  static let unbounded = Validity(seconds: nil)

  init(seconds: UInt64?) { self.seconds = seconds }

  /// Until an instant; what is left of a second counts as one, so that a client refreshes in time.
  init(until expiry: Timestamp?, now: Timestamp) {
    seconds = expiry.map { UInt64(max(0, $0.milliseconds - now.milliseconds) + 999) / 1_000 }
  }
}

/// A client as others are told of it.
public struct ClientInfo: Equatable, Sendable {
  /// The user; empty for somebody unknown.
  public var user: String
  /// The connection's name.
  public var client: String
  /// What its token tells of it: JSON text.
  public var connection: [UInt8]?
  /// What its subscription's token tells of it in the channel: JSON text.
  public var channel: [UInt8]?

  /// Describes a client.
  public init(
    user: String,
    client: String,
    connection: [UInt8]? = nil,
    channel: [UInt8]? = nil
  ) {
    (self.user, self.client) = (user, client)
    (self.connection, self.channel) = (connection, channel)
  }
}

/// The answer to a client that has connected.
struct Connected {
  let client: String
  let version: String
  let validity: Validity
  let pingSeconds: UInt64
  let time: Timestamp
  /// Subscriptions that the server has made for it.
  var subscriptions: [(name: String, value: Subscribed)] = []
}

/// The answer to a client that has subscribed.
struct Subscribed {
  let epoch: String
  let offset: Offset
  var validity = Validity.unbounded
  /// Whether everything was told that it had missed; `nil` if it had not asked.
  var recovered: Bool?
  var publications: [EventEntry] = []
  /// JSON text for the client.
  var data: [UInt8]?
}

/// A page of what was published.
struct HistoryPage {
  let epoch: String
  let offset: Offset
  let publications: [EventEntry]
  /// What of it was read from disk, as long as it is held.
  var reading: HeldReading?
}
