// SPDX-License-Identifier: Apache-2.0
public import Codecs

/// Why a token is refused; nothing of the token, of a key or of a secret is in it.
public enum TokenFailure: Error, Equatable, Sendable {
  /// It can't be read.
  case malformed(SignedTokenViolation)
  /// It names an algorithm that no key, or not the key it names, is for; `none` is one.
  case algorithmNotAllowed
  /// No key is called as it says.
  case unknownKey
  /// There are no keys at all, perhaps not yet.
  case noKeys
  /// No key that it may be signed with has signed it.
  case badSignature
  /// Its `typ` is another than it must be, or it is a token for a subscription where one for a
  /// connection belongs.
  case wrongType
  /// A claim that it must have is missing.
  case missingClaim(String)
  /// A claim has another kind, size or form than it must.
  case invalidClaim(String)
  /// Its issuer is another.
  case wrongIssuer
  /// It is meant for somebody else.
  case wrongAudience
  /// Its time is over; the claim says which time.
  case expired(String)
  /// Its time has not come; the claim says which time.
  case notYetValid(String)
  /// It is valid for longer than tokens may be.
  case lifetimeTooLong
  /// It was revoked.
  case revoked

  /// The failure's name, which stays the same.
  public var code: String {
    switch self {
    case .malformed(.criticalExtension), .malformed(.unencodedPayload): "critical-extension"
    case .malformed(.keyInHeader): "key-in-header"
    case .malformed(.duplicateInHeader), .malformed(.duplicateInClaims): "duplicate-member"
    case .malformed: "malformed"
    case .algorithmNotAllowed: "algorithm-not-allowed"
    case .unknownKey: "unknown-key"
    case .noKeys: "no-keys"
    case .badSignature: "bad-signature"
    case .wrongType: "wrong-type"
    case .missingClaim: "missing-claim"
    case .invalidClaim: "invalid-claim"
    case .wrongIssuer: "wrong-issuer"
    case .wrongAudience: "wrong-audience"
    case .expired: "expired"
    case .notYetValid: "not-yet-valid"
    case .lifetimeTooLong: "lifetime-too-long"
    case .revoked: "revoked"
    }
  }

  /// The member of the token at fault, where there is one.
  public var claim: String? {
    switch self {
    case .missingClaim(let claim), .invalidClaim(let claim), .expired(let claim),
      .notYetValid(let claim):
      claim
    case .wrongIssuer: "iss"
    case .wrongAudience: "aud"
    case .lifetimeTooLong: "exp"
    case .wrongType: "typ"
    case .algorithmNotAllowed: "alg"
    case .unknownKey: "kid"
    case .malformed, .noKeys, .badSignature, .revoked: nil
    }
  }

  /// Whether the key may be there once newer ones were looked for.
  public var wantsNewerKeys: Bool { self == .unknownKey || self == .noKeys }

  /// Whether a new token of the same client may well be accepted: it is only this one's time that
  /// is over.
  public var isExpiry: Bool {
    if case .expired = self { true } else { false }
  }
}

extension TokenFailure: CustomStringConvertible {
  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .malformed(let violation): violation.rawValue
    case .algorithmNotAllowed: "the token's algorithm is not that of a key that may sign it"
    case .unknownKey: "no key is called as the token says"
    case .noKeys: "there are no keys to verify tokens with"
    case .badSignature: "the token's signature is wrong"
    case .wrongType: "the token is of another type"
    case .missingClaim(let claim): "the claim '\(claim)' is missing"
    case .invalidClaim(let claim): "the claim '\(claim)' is not as it must be"
    case .wrongIssuer: "the token is of another issuer"
    case .wrongAudience: "the token is for another audience"
    case .expired(let claim): "the token has expired ('\(claim)')"
    case .notYetValid(let claim): "the token is not valid yet ('\(claim)')"
    case .lifetimeTooLong: "the token is valid for longer than tokens may be"
    case .revoked: "the token was revoked"
    }
  }
}
