// SPDX-License-Identifier: Apache-2.0
import Sinks
import Streams
import Synchronization

/// Who clients are and what they may do, by a server's configuration and keys.
final class ServerAuthority: ClientAuthority {
  /// Verifies tokens; `nil` for a server without keys.
  let verifier: TokenVerifier?
  private let configuration: Configuration
  private let clock: any EngineClock
  private let statistics: ServerStatistics
  private let log: RefusalLog
  private let isLooking = Atomic<Bool>(false)
  /// Whether some channel is open to those who say nothing of themselves.
  private let admitsStrangers: Bool

  init(
    configuration: Configuration,
    verifier: TokenVerifier?,
    clock: any EngineClock,
    statistics: ServerStatistics,
    log: @escaping @Sendable (String) -> Void
  ) {
    (self.configuration, self.verifier, self.clock) = (configuration, verifier, clock)
    self.statistics = statistics
    self.log = RefusalLog(clock: clock, log: log)
    admitsStrangers = configuration.topics.contains { !$0.channel.everybody.isEmpty }
  }

  var hasKeys: Bool { verifier != nil }

  func identity(of token: String) throws(TokenFailure) -> ClientIdentity {
    guard let verifier else { return ClientIdentity(user: "") }
    if token.isEmpty, admitsStrangers { return ClientIdentity(user: "") }
    guard !token.isEmpty else { throw .missingClaim("sub") }
    return try verifier.identity(of: Array(token.utf8), at: clock.now)
  }

  func permit(of token: String) throws(TokenFailure) -> SubscriptionPermit {
    guard let verifier else { throw .noKeys }
    return try verifier.permit(of: Array(token.utf8), at: clock.now)
  }

  func refreshKeys() async -> Bool { await verifier?.refreshKeys() ?? false }

  func lookForKeys() {
    guard !isLooking.exchange(true, ordering: .relaxed) else { return }
    Task {
      _ = await refreshKeys()
      isLooking.store(false, ordering: .relaxed)
    }
  }

  /// Whether what vouches for a client is over.
  func isOver(_ identity: ClientIdentity) -> Bool { identity.isExpired(at: clock.now) }

  /// Why a client may do nothing any more; `nil` while it may.
  func failure(of identity: ClientIdentity) -> TokenFailure? {
    if isOver(identity) { return .expired("exp") }
    return verifier?.revocations.covers(identity, at: clock.now) == true ? .revoked : nil
  }

  func rules(for topic: String) -> ChannelRules {
    var rules = configuration.channelRules(topic)
    if verifier == nil { rules.everybody = .all }
    return rules
  }

  func note(_ failure: TokenFailure) {
    statistics.count(failure.isExpiry ? .tokenExpired : .badToken)
    log.note("a token was refused: \(failure.code)\(failure.claim.map { " (\($0))" } ?? "")")
  }

  /// Is told of something else than a token that was refused.
  func noteRefused(_ credentials: String) {
    statistics.count(.badToken)
    log.note("\(credentials) was refused")
  }

  func noteRefused(code: UInt16) {
    switch code {
    case 106: statistics.count(.clientLimit)
    case 107: statistics.count(.badSubscription)
    default: break
    }
  }

  func noteDenied(_ permission: ChannelPermissions) {
    statistics.count(.notGranted)
    log.note(
      permission.isEmpty
        ? "something was asked for that needs an API key, without one"
        : "a client asked for what it has no grant for: '\(permission.name)'"
    )
  }
}

/// Logs refusals by their kind, each once in a while: whoever is refused may come as often as it
/// likes.
final class RefusalLog: Sendable {
  private struct Kind {
    var saidAt: Timestamp
    var unsaid = 0
  }

  /// How long a kind is only counted once it was logged.
  static let pause = Duration.seconds(10)

  private let kinds = Mutex<[String: Kind]>([:])
  private let clock: any EngineClock
  private let log: @Sendable (String) -> Void

  init(clock: any EngineClock, log: @escaping @Sendable (String) -> Void) {
    (self.clock, self.log) = (clock, log)
  }

  /// Logs a line, or counts it; `line` is one of few.
  func note(_ line: String) {
    let now = clock.now
    let unsaid: Int? = kinds.withLock { kinds in
      guard let kind = kinds[line], now < kind.saidAt + Self.pause else {
        let unsaid = kinds[line]?.unsaid ?? 0
        kinds[line] = Kind(saidAt: now)
        return unsaid
      }
      kinds[line]?.unsaid += 1
      return nil
    }
    guard let unsaid else { return }
    log(unsaid == 0 ? line : "\(line); and \(unsaid) times more before")
  }
}
