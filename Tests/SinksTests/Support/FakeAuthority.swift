// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization

@testable import Sinks

/// Knows tokens by heart: a user's name is its token, as a test has arranged.
final class FakeAuthority: ClientAuthority {
  struct State {
    var identities: [String: Result<ClientIdentity, TokenFailure>] = [:]
    var permits: [String: Result<SubscriptionPermit, TokenFailure>] = [:]
    var rules: [String: ChannelRules] = [:]
    /// What becomes known once newer keys are looked for.
    var newer: [String: ClientIdentity] = [:]
    var failures: [TokenFailure] = []
    var denied: [ChannelPermissions] = []
    var refused: [UInt16] = []
  }

  let state = Mutex(State())

  var hasKeys: Bool { true }

  func identity(of token: String) throws(TokenFailure) -> ClientIdentity {
    let known = state.withLock { $0.identities[token] }
    guard let known else { throw .unknownKey }
    return try known.get()
  }

  func permit(of token: String) throws(TokenFailure) -> SubscriptionPermit {
    let known = state.withLock { $0.permits[token] }
    guard let known else { throw .badSignature }
    return try known.get()
  }

  func refreshKeys() async -> Bool {
    state.withLock { state in
      for (token, identity) in state.newer { state.identities[token] = .success(identity) }
      return !state.newer.isEmpty
    }
  }

  func lookForKeys() {}

  func rules(for topic: String) -> ChannelRules {
    state.withLock { $0.rules[topic] ?? ChannelRules() }
  }

  func note(_ failure: TokenFailure) { state.withLock { $0.failures.append(failure) } }
  func noteRefused(code: UInt16) { state.withLock { $0.refused.append(code) } }
  func noteDenied(_ permission: ChannelPermissions) {
    state.withLock { $0.denied.append(permission) }
  }

  /// Lets a user in whose name is its token, with grants for channels.
  func admit(
    _ user: String,
    _ grants: [String: ChannelPermissions] = [:],
    expiry: Timestamp? = nil,
    subscriptions: [GrantedSubscription] = []
  ) {
    let rules = grants.map { ChannelGrants.Rule([.wildcard($0.key)], $0.value) }
    let identity = ClientIdentity(
      user: user,
      expiry: expiry,
      grants: ChannelGrants(rules),
      subscriptions: subscriptions,
      info: Array("{\"name\":\"\(user)\"}".utf8)
    )
    state.withLock { $0.identities[user] = .success(identity) }
  }
}
