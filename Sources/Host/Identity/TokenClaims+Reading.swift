// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

extension TokenClaims {
  /// The most channels that a token has the server subscribe its client to.
  static let maximumSubscriptionCount = 128
  /// The most bounds that a token sets for its client.
  static let maximumLimitCount = 32

  /// Who the client is, by a token for a connection.
  func identity(_ policy: TokenPolicy, at now: Timestamp) throws(TokenFailure) -> ClientIdentity {
    // Or one that allows a single channel would open a connection (RFC 8725 §3.12).
    guard view["channel"] == nil else { throw .wrongType }
    return ClientIdentity(
      user: try user(policy),
      issuer: try name("iss"),
      tokenID: try name("jti"),
      session: try name("sid"),
      issued: try time("iat"),
      expiry: try expiry(policy, at: now),
      grants: try ChannelGrants(claim: view["caps"]),
      subscriptions: try subscriptions(),
      info: try JSONClaim.json(view, "info"),
      meta: try meta(),
      limits: try limits()
    )
  }

  /// What a token for a subscription allows.
  func permit(_ policy: TokenPolicy, at now: Timestamp) throws(TokenFailure) -> SubscriptionPermit {
    guard let channel = view["channel"] else { throw .wrongType }
    guard let channel = channel.string, JSONClaim.isChannel(channel) else {
      throw .invalidClaim("channel")
    }
    let others = try ChannelPermissions(claim: view["allow"], "allow")
    return SubscriptionPermit(
      user: try user(policy),
      tokenID: try name("jti"),
      issued: try time("iat"),
      expiry: try expiry(policy, at: now),
      permissions: others.union(.subscribe),
      subscription: try JSONClaim.subscription(channel, view)
    )
  }

  private func user(_ policy: TokenPolicy) throws(TokenFailure) -> String {
    let user = try name("sub") ?? ""
    guard policy.allowsAnonymous || !user.isEmpty else { throw .missingClaim("sub") }
    return user
  }

  /// When the connection or subscription ends: the leeway after `expire_at`, where 0 means never, else
  /// after `exp`.
  private func expiry(
    _ policy: TokenPolicy,
    at now: Timestamp
  ) throws(TokenFailure) -> Timestamp? {
    guard let expiry = try time("expire_at") else {
      return try time("exp").map { $0 + policy.leeway }
    }
    if expiry.milliseconds == 0 { return nil }
    guard now < expiry + policy.leeway else { throw .expired("expire_at") }
    return expiry + policy.leeway
  }

  /// `channels`, a list of names, and `subs`, names with options; the latter counts where both have
  /// one.
  private func subscriptions() throws(TokenFailure) -> [GrantedSubscription] {
    var subscriptions: [GrantedSubscription] = []
    if let named = view["subs"] {
      guard named.kind == .object else { throw .invalidClaim("subs") }
      try named.forEachMember { (channel, options) throws(TokenFailure) in
        guard JSONClaim.isChannel(channel), options.kind == .object else {
          throw .invalidClaim("subs")
        }
        subscriptions.append(try JSONClaim.subscription(channel, options))
      }
    }
    let listed = try JSONClaim.channels(view["channels"], "channels")
    let known = Set(subscriptions.map(\.channel))
    subscriptions += listed.filter { !known.contains($0) }.map { GrantedSubscription(channel: $0) }
    guard subscriptions.count <= Self.maximumSubscriptionCount else {
      throw .invalidClaim(view["subs"] == nil ? "channels" : "subs")
    }
    return subscriptions
  }

  private func meta() throws(TokenFailure) -> [UInt8]? {
    guard let meta = view["meta"] else { return nil }
    guard meta.kind == .object else { throw .invalidClaim("meta") }
    return meta.compacted
  }

  private func limits() throws(TokenFailure) -> [String: Int] {
    guard let value = view["limits"] else { return [:] }
    guard value.kind == .object else { throw .invalidClaim("limits") }
    var limits: [String: Int] = [:]
    try value.forEachMember { (name, limit) throws(TokenFailure) in
      guard let number = limit.int, number >= 0 else { throw .invalidClaim("limits") }
      limits[name] = number
    }
    guard limits.count <= Self.maximumLimitCount else { throw .invalidClaim("limits") }
    return limits
  }
}
