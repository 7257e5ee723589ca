// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// The claims of a token whose signature is good, read one by one.
///
/// A claim that is there has the right kind and size or the token is refused; unknown ones are
/// ignored.
struct TokenClaims {
  /// The longest name of a user, a session, a token or an issuer, in bytes.
  static let maximumNameBytes = 255
  /// The most audiences of a token.
  static let maximumAudienceCount = 16

  let view: JSONView

  /// A text of bounded length without control characters; `nil` when the claim is missing.
  func name(_ claim: String) throws(TokenFailure) -> String? {
    guard let value = view[claim] else { return nil }
    guard let text = value.string, text.utf8.count <= Self.maximumNameBytes,
      !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { throw .invalidClaim(claim) }
    return text
  }

  /// A time in seconds since 1970, with a fraction or not (RFC 7519 §2).
  func time(_ claim: String) throws(TokenFailure) -> Timestamp? {
    guard let value = view[claim] else { return nil }
    // The end of the year 9999, the last that dates are written with.
    guard let seconds = value.double, (0...253_402_300_799).contains(seconds) else {
      throw .invalidClaim(claim)
    }
    return Timestamp(milliseconds: Int64(seconds * 1_000))
  }

  /// Whom the token is for: one or several (RFC 7519 §4.1.3); `nil` when it does not say.
  func audiences() throws(TokenFailure) -> [String]? {
    guard let value = view["aud"] else { return nil }
    if let single = value.string { return [single] }
    guard value.kind == .array else { throw .invalidClaim("aud") }
    let names = value.elements.prefix(Self.maximumAudienceCount + 1).compactMap(\.string)
    guard names.count == value.elements.count, names.count <= Self.maximumAudienceCount else {
      throw .invalidClaim("aud")
    }
    return names
  }

  /// Compares issuer, audience and times with what a policy wants.
  func check(_ policy: TokenPolicy, at now: Timestamp) throws(TokenFailure) {
    try checkIssuer(policy)
    try checkAudience(policy)
    try checkTimes(policy, at: now)
  }

  private func checkIssuer(_ policy: TokenPolicy) throws(TokenFailure) {
    let issuer = try name("iss")
    guard let wanted = policy.issuer else { return }
    guard let issuer else { throw .missingClaim("iss") }
    // Code point by code point (RFC 7519 §7.3), while == takes é for e and an accent.
    guard issuer.utf8.elementsEqual(wanted.utf8) else { throw .wrongIssuer }
  }

  private func checkAudience(_ policy: TokenPolicy) throws(TokenFailure) {
    guard let audiences = try audiences() else {
      guard policy.audiences.isEmpty else { throw .missingClaim("aud") }
      return
    }
    let isMeant = audiences.contains { audience in
      policy.audiences.contains { $0.utf8.elementsEqual(audience.utf8) }
    }
    guard isMeant else { throw .wrongAudience }
  }

  private func checkTimes(_ policy: TokenPolicy, at now: Timestamp) throws(TokenFailure) {
    for claim in ["nbf", "iat"] {
      if let time = try time(claim), time > now + policy.leeway { throw .notYetValid(claim) }
    }
    guard let expiry = try time("exp") else {
      guard !policy.requiresExpiry, policy.maximumLifetime == nil else {
        throw .missingClaim("exp")
      }
      return
    }
    guard now < expiry + policy.leeway else { throw .expired("exp") }
    if let lifetime = policy.maximumLifetime, expiry > now + lifetime + policy.leeway {
      throw .lifetimeTooLong
    }
  }
}
