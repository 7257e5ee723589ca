// SPDX-License-Identifier: Apache-2.0
import Streams

/// A channel that a client reads.
struct Subscription {
  let channel: String
  let cursor: FanOutCursor
  let wantsGaps: Bool
  /// Whether the client is counted among those who are in the channel.
  let isPresent: Bool
  /// Where it is told who comes and goes; `nil` if it has not asked.
  let news: FanOutCursor?
  /// The derived topic that it reads, which is kept as long as this is; `nil` where it has no chain.
  let derived: ChainResults?
  /// Its own token; `nil` where it has none.
  var token: SubscriptionToken?

  /// The topic that it shows.
  var topic: String { SubscribeRequest.topic(of: channel) }
}

/// What is kept of a subscription's own token.
///
/// Few have one, so that it lies elsewhere.
final class SubscriptionToken: Sendable {
  /// Whom it was for, as far as a revocation tells tokens apart.
  let bearer: ClientIdentity
  /// When the subscription ends unless it is refreshed; `nil` for never.
  let expiry: Timestamp?

  init(of permit: SubscriptionPermit) {
    (bearer, expiry) = (permit.bearer, permit.expiry)
  }
}

/// A subscription that can be made, with all that its client has missed.
struct PreparedSubscription {
  let request: SubscribeRequest
  let topic: Topic<Event>
  let terms: SubscriptionTerms
  /// The entry that is read first.
  let start: Offset
  /// What was missed; `nil` if that can't be told whole.
  let missed: [EventEntry]?
  /// The first rows of the table, where the client has not recovered; `nil` where it wants none, or
  /// has them.
  var rows: EventTable.Page?
  /// The derived topic that is read in place of the channel's own.
  var derived: ChainResults?
  /// What of ``missed`` was read from disk, as long as it is held.
  var reading: HeldReading?

  /// Its epoch, as the client is told.
  var epoch: String { derived?.epoch ?? "\(topic.epoch)" }
}

/// Under which conditions a client may subscribe.
struct SubscriptionTerms: Sendable {
  let rules: ChannelRules
  let permissions: ChannelPermissions
  /// What others in the channel are told of the client: JSON text.
  var info: [UInt8]?
  /// What the client is told with the subscription: JSON text.
  var data: [UInt8]?
  /// Its own token; `nil` where it has none.
  let token: SubscriptionToken?
  let isPresent: Bool
  let tellsJoins: Bool

  /// Finds out.
  ///
  /// - Parameters:
  ///   - request: What the client asks for.
  ///   - permit: What its subscription token said, which was verified and covers the channel.
  ///   - granted: What the server itself subscribes it to; `nil` where the client asks.
  ///   - access: The client.
  init(
    _ request: SubscribeRequest,
    permit: SubscriptionPermit?,
    granted: GrantedSubscription?,
    _ access: ClientAccess
  ) {
    rules = access.authority.rules(for: request.topic)
    permissions = access.permissions(for: request.topic, permit: permit)
    token = permit.map(SubscriptionToken.init)
    let own = permit?.subscription ?? granted
    (info, data) = (own?.info, own?.data)
    isPresent = own?.overrides["presence"] ?? rules.hasPresence
    let mayTell = own?.overrides["join_leave"] ?? rules.tellsJoins
    let isAsked = request.wantsJoins || own?.overrides["force_push_join_leave"] == true
    tellsJoins = mayTell && isAsked && permissions.contains(.presence)
  }
}
