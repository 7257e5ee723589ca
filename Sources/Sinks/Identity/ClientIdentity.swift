// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Who a client is and what it may do, as a token said that was verified.
///
/// The names in it are those the issuer chose: show them, compare them, but let nothing be executed
/// by them.
public struct ClientIdentity: Equatable, Sendable {
  /// The user; empty for somebody unknown.
  public var user: String
  /// Who vouches for it, `iss`.
  public var issuer: String?
  /// What the token is called, `jti`, by which it can be revoked.
  public var tokenID: String?
  /// The session that the token belongs to, `sid`, by which it can be revoked with others.
  public var session: String?
  /// When the token was made, `iat`.
  public var issued: Timestamp?
  /// When the connection ends unless it is refreshed: `expire_at`, else `exp`; `nil` for never.
  public var expiry: Timestamp?
  /// What the client may do with which channels, beside what everybody may.
  public var grants: ChannelGrants
  /// Channels that the server subscribes the client to, as soon as it has connected.
  public var subscriptions: [GrantedSubscription]
  /// What others are told of the client, such as a name to show: JSON text.
  public var info: [UInt8]?
  /// What only the server is told of the client: a JSON object as text.
  public var meta: [UInt8]?
  /// Bounds for this client that are other than everybody's, by name, as the claim `limits` has
  /// them.
  public var limits: [String: Int]

  /// Describes a client.
  public init(
    user: String,
    issuer: String? = nil,
    tokenID: String? = nil,
    session: String? = nil,
    issued: Timestamp? = nil,
    expiry: Timestamp? = nil,
    grants: ChannelGrants = ChannelGrants(),
    subscriptions: [GrantedSubscription] = [],
    info: [UInt8]? = nil,
    meta: [UInt8]? = nil,
    limits: [String: Int] = [:]
  ) {
    (self.user, self.issuer, self.tokenID, self.session) = (user, issuer, tokenID, session)
    (self.issued, self.expiry, self.grants, self.subscriptions) = (
      issued, expiry, grants, subscriptions
    )
    (self.info, self.meta, self.limits) = (info, meta, limits)
  }

  /// Whether the connection has to end.
  public func isExpired(at now: Timestamp) -> Bool {
    expiry.map { $0 <= now } ?? false
  }
}

/// A channel that a token lets its client subscribe to, with what is special about it.
public struct GrantedSubscription: Equatable, Sendable {
  /// The channel.
  public var channel: String
  /// What others in the channel are told of the client in place of its own: JSON text.
  public var info: [UInt8]?
  /// What the client is told with the subscription: JSON text.
  public var data: [UInt8]?
  /// What is set otherwise than for the channel's namespace, by the names of the claim `override`:
  /// `presence`, `join_leave`, `force_recovery`, `force_positioning`, `force_push_join_leave`.
  public var overrides: [String: Bool]

  /// Describes a subscription.
  public init(
    channel: String,
    info: [UInt8]? = nil,
    data: [UInt8]? = nil,
    overrides: [String: Bool] = [:]
  ) {
    (self.channel, self.info, self.data, self.overrides) = (channel, info, data, overrides)
  }
}

/// What a subscription token said that was verified: one user may subscribe to one channel.
public struct SubscriptionPermit: Equatable, Sendable {
  /// Whom it is for: the connection's own user; empty for somebody unknown.
  public var user: String
  /// What the token is called, `jti`.
  public var tokenID: String?
  /// When the token was made, `iat`.
  public var issued: Timestamp?
  /// When the subscription ends unless it is refreshed: `expire_at`, else `exp`; `nil` for never.
  public var expiry: Timestamp?
  /// What may be done beside subscribing.
  public var permissions: ChannelPermissions
  /// The channel, with what is special about it.
  public var subscription: GrantedSubscription

  /// Describes a permit.
  public init(
    user: String,
    tokenID: String? = nil,
    issued: Timestamp? = nil,
    expiry: Timestamp? = nil,
    permissions: ChannelPermissions = .subscribe,
    subscription: GrantedSubscription
  ) {
    (self.user, self.tokenID, self.issued, self.expiry) = (user, tokenID, issued, expiry)
    (self.permissions, self.subscription) = (permissions, subscription)
  }

  /// Whom it is for, as far as a revocation tells tokens apart.
  public var bearer: ClientIdentity {
    ClientIdentity(user: user, tokenID: tokenID, issued: issued)
  }

  /// Whether the permit is for this channel of this client, compared byte by byte.
  public func covers(_ channel: String, of identity: ClientIdentity) -> Bool {
    subscription.channel.utf8.elementsEqual(channel.utf8)
      && user.utf8.elementsEqual(identity.user.utf8)
  }
}
