// SPDX-License-Identifier: Apache-2.0
import Streams

/// Says who clients are and what channels are like, for all sessions of a server.
///
/// Called on event loops: nothing in it waits, but for ``refreshKeys()``.
public protocol ClientAuthority: Sendable {
  /// Whether clients are told apart at all; without keys everybody may do everything.
  var hasKeys: Bool { get }

  /// Says who a client is.
  ///
  /// - Parameter token: What it has given; empty for nothing, which may be enough.
  /// - Returns: The client.
  /// - Throws: ``TokenFailure``; after ``TokenFailure/unknownKey`` and ``TokenFailure/noKeys``
  ///   ``refreshKeys()`` may help.
  func identity(of token: String) throws(TokenFailure) -> ClientIdentity

  /// Says what a subscription token allows.
  func permit(of token: String) throws(TokenFailure) -> SubscriptionPermit

  /// Looks for newer keys.
  ///
  /// - Returns: Whether a token that was refused is worth another try.
  func refreshKeys() async -> Bool

  /// Has newer keys looked for, unless that is being done, and does not wait for them.
  func lookForKeys()

  /// What the configuration says of a channel.
  func rules(for topic: String) -> ChannelRules

  /// Is told of a token that was refused.
  func note(_ failure: TokenFailure)

  /// Is told of something that a client was not allowed to do.
  func noteDenied(_ permission: ChannelPermissions)

  /// Is told of a subscription that was refused for another reason, by the code of the error.
  func noteRefused(code: UInt16)
}

/// What the configuration says of the channels of some names.
public struct ChannelRules: Equatable, Sendable {
  /// What anybody may do; default nothing.
  public var everybody: ChannelPermissions = []
  /// What those may do whose token says who they are; default nothing.
  public var users: ChannelPermissions = []
  /// Whether it is known who is there; default no.
  public var hasPresence = false
  /// Whether subscribers who ask for it are told who comes and goes; default no.
  public var tellsJoins = false
  /// How much is asked of what is published; default nothing.
  public var types = EventTypeCheck.unchecked
  /// The most publications that a subscription recovers; default `nil`: the server's setting.
  public var maximumRecovery: Int?

  /// Makes rules that allow nothing.
  public init() {}
}

/// What a client may do, by all that is known of it.
///
/// One object for as long as nothing else is known, which all clients without a token share.
public final class ClientAccess: Sendable {
  /// Who knows the rules.
  public let authority: any ClientAuthority
  /// Who the client is.
  public let identity: ClientIdentity

  /// Puts both together.
  public init(authority: any ClientAuthority, identity: ClientIdentity) {
    (self.authority, self.identity) = (authority, identity)
  }

  /// The same with another identity.
  func knowing(_ identity: ClientIdentity) -> ClientAccess {
    identity == self.identity ? self : ClientAccess(authority: authority, identity: identity)
  }

  /// The users of whom alone a channel is: those named behind its `#`; `nil` for any other channel.
  static func owners(of topic: String) -> [Substring.UTF8View]? {
    guard let mark = topic.utf8.lastIndex(of: UInt8(ascii: "#")) else { return nil }
    let names = topic[topic.utf8.index(after: mark)...]
    return names.split(separator: ",", omittingEmptySubsequences: false).map(\.utf8)
  }

  /// Whether a topic belongs to others than this client.
  func isOthers(_ topic: String) -> Bool {
    guard let owners = Self.owners(of: topic) else { return false }
    let name = identity.user.utf8
    return name.isEmpty || !owners.contains { $0.elementsEqual(name) }
  }

  /// What the client may do with a topic.
  ///
  /// A channel that belongs to certain users is closed to all others, whatever their tokens say. Else
  /// the client's token decides if a rule in it names the channel, if not the rules for the channel;
  /// a subscription's token adds to either.
  public func permissions(
    for topic: String,
    permit: SubscriptionPermit? = nil
  ) -> ChannelPermissions {
    let rules = authority.rules(for: topic)
    var granted = rules.everybody
    if !identity.user.isEmpty { granted.formUnion(rules.users) }
    if isOthers(topic) { return [] }
    if Self.owners(of: topic) != nil { granted.formUnion([.subscribe, .history, .presence]) }
    if let own = identity.grants.permissions(for: topic) { granted = own }
    if let permit { granted.formUnion(permit.permissions) }
    return granted
  }

  /// Refuses what the client may not do.
  func check(
    _ permission: ChannelPermissions,
    on topic: String,
    permit: SubscriptionPermit? = nil
  ) throws(ProtocolError) {
    guard permissions(for: topic, permit: permit).contains(permission) else {
      authority.noteDenied(permission)
      let remedy =
        isOthers(topic)
        ? "it belongs to the users behind its '#', whose tokens a server with \"identity\" takes"
        : "its token's \"caps\" or the server's \"allow\" would give it"
      throw .permissionDenied("no grant '\(permission.name)' for '\(topic)'; \(remedy)")
    }
  }
}

extension ChannelPermissions {
  /// What a token calls it.
  public var name: String {
    switch self {
    case .subscribe: "sub"
    case .publish: "pub"
    case .presence: "prs"
    case .history: "hst"
    case .hold: "hold"
    default: "\(rawValue)"
    }
  }

  /// Everything.
  public static let all: ChannelPermissions = [.subscribe, .publish, .presence, .history, .hold]
}

/// The authority of a server without keys: nobody is known, and everybody may do everything that is
/// not a user's own.
public struct OpenAuthority: ClientAuthority {
  private let channelRules: @Sendable (String) -> ChannelRules

  /// Makes it.
  ///
  /// - Parameter rules: What is special about channels; permissions in them don't count.
  public init(
    rules: @escaping @Sendable (String) -> ChannelRules = { _ in ChannelRules() }
  ) {
    channelRules = rules
  }

  /// No.
  public var hasKeys: Bool { false }

  /// Nobody, whatever the token says.
  public func identity(of token: String) throws(TokenFailure) -> ClientIdentity {
    ClientIdentity(user: "")
  }

  /// None: there is no key that may have signed it.
  public func permit(of token: String) throws(TokenFailure) -> SubscriptionPermit {
    throw .noKeys
  }

  /// There are none.
  public func refreshKeys() async -> Bool { false }

  /// There are none.
  public func lookForKeys() {}

  /// The channel's rules, with everything allowed.
  public func rules(for topic: String) -> ChannelRules {
    var rules = channelRules(topic)
    rules.everybody = .all
    return rules
  }

  /// Nothing is refused here.
  public func note(_ failure: TokenFailure) {}

  /// Only what belongs to users is.
  public func noteDenied(_ permission: ChannelPermissions) {}

  /// Nobody is told.
  public func noteRefused(code: UInt16) {}
}
