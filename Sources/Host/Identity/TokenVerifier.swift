// SPDX-License-Identifier: Apache-2.0
import Codecs
public import Sinks
public import Streams
import Transport

/// Says who somebody is, by a token of theirs: signature first, then claims, then revocations (RFC
/// 8725).
///
/// Threads may share it. Nothing of a token is kept or told but what its signature vouches for.
public final class TokenVerifier: Sendable {
  /// What tokens must say.
  public let policy: TokenPolicy
  /// What was revoked.
  public let revocations: RevocationList

  private let ring: KeyRing
  private let keeper: KeyKeeper?
  private let limits: SignedTokenLimits
  private let verified: VerifiedTokens

  /// Verifies with keys that a keeper keeps.
  public convenience init(
    keeper: KeyKeeper,
    policy: TokenPolicy,
    revocations: RevocationList = RevocationList()
  ) {
    self.init(ring: keeper.ring, keeper: keeper, policy: policy, revocations: revocations)
  }

  /// Verifies with keys that somebody else replaces, if anybody does.
  public convenience init(
    keys ring: KeyRing,
    policy: TokenPolicy,
    revocations: RevocationList = RevocationList()
  ) {
    self.init(ring: ring, keeper: nil, policy: policy, revocations: revocations)
  }

  private init(
    ring: KeyRing,
    keeper: KeyKeeper?,
    policy: TokenPolicy,
    revocations: RevocationList,
    limits: SignedTokenLimits = SignedTokenLimits(),
    verified: VerifiedTokens = VerifiedTokens()
  ) {
    precondition(
      (.zero...TokenPolicy.maximumLeeway).contains(policy.leeway),
      "the leeway is at most five minutes"
    )
    (self.ring, self.keeper, self.policy, self.revocations) = (ring, keeper, policy, revocations)
    (self.limits, self.verified) = (limits, verified)
  }

  /// Says who a client is, with the keys that are there.
  ///
  /// It computes for up to a tenth of a millisecond per key, and never waits.
  /// - Parameters:
  ///   - token: The token of a connection and nothing else.
  ///   - now: The time of the wall clock.
  /// - Returns: Who the client is.
  /// - Throws: ``TokenFailure``. After ``TokenFailure/unknownKey`` and ``TokenFailure/noKeys``,
  ///   ``refreshKeys()`` may help.
  public func identity(
    of token: [UInt8],
    at now: Timestamp
  ) throws(TokenFailure) -> ClientIdentity {
    let identity = try claims(of: token, at: now).identity(policy, at: now)
    guard !revocations.covers(identity, at: now) else { throw .revoked }
    return identity
  }

  /// Says what a subscription token allows; otherwise as ``identity(of:at:)``.
  ///
  /// Whether it is for the user of the connection is still to be asked:
  /// ``SubscriptionPermit/covers(_:of:)``.
  public func permit(
    of token: [UInt8],
    at now: Timestamp
  ) throws(TokenFailure) -> SubscriptionPermit {
    let permit = try claims(of: token, at: now).permit(policy, at: now)
    guard !revocations.covers(permit.bearer, at: now) else { throw .revoked }
    return permit
  }

  /// Looks for newer keys, after a token named one that is not there; see ``KeyKeeper/refresh()``.
  ///
  /// - Returns: Whether the token is worth another try.
  public func refreshKeys() async -> Bool {
    await keeper?.refresh() ?? false
  }

  /// The claims of a token whose signature, issuer, audience and times are good.
  func claims(of token: [UInt8], at now: Timestamp) throws(TokenFailure) -> TokenClaims {
    // Before the hash is computed, which takes longer the longer the token is.
    guard token.count <= limits.maximumTokenBytes else { throw .malformed(.tooLong) }
    let (keys, generation) = ring.current
    let digest = VerifiedTokens.digest(of: token)
    let claims: TokenClaims
    if let known = verified.claims(digest, generation: generation) {
      claims = TokenClaims(view: known)
      try claims.check(policy, at: now)
    } else {
      claims = TokenClaims(view: try signedClaims(token, keys))
      try claims.check(policy, at: now)
      verified.insert(digest, claims.view, generation: generation)
    }
    return claims
  }

  private func signedClaims(_ text: [UInt8], _ keys: KeySet) throws(TokenFailure) -> JSONView {
    let token = try TokenVerifier.token(text, limits)
    if let type = policy.type, !token.header.isType(type) { throw .wrongType }
    let candidates = try keys.candidates(for: token.header)
    let isSigned = candidates.contains {
      $0.isSignature(token.signature, of: token.signedBytes)
    }
    guard isSigned else { throw .badSignature }
    do throws(SignedTokenViolation) {
      return try token.claims()
    } catch {
      throw .malformed(error)
    }
  }

  private static func token(
    _ text: [UInt8],
    _ limits: SignedTokenLimits
  ) throws(TokenFailure) -> SignedToken {
    do throws(SignedTokenViolation) {
      return try SignedToken(text, limits: limits)
    } catch {
      throw .malformed(error)
    }
  }
}

extension TokenVerifier {
  /// Says who a client is; where its key is not there, newer ones are looked for first.
  ///
  /// - Parameters:
  ///   - token: The token of a connection and nothing else.
  ///   - clock: The wall clock.
  /// - Returns: Who the client is.
  /// - Throws: ``TokenFailure``.
  public func identity(
    of token: [UInt8],
    by clock: any EngineClock = SystemClock()
  ) async throws(TokenFailure) -> ClientIdentity {
    do throws(TokenFailure) {
      return try identity(of: token, at: clock.now)
    } catch {
      guard error.wantsNewerKeys, await refreshKeys() else { throw error }
    }
    return try identity(of: token, at: clock.now)
  }
}
