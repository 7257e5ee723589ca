// SPDX-License-Identifier: Apache-2.0

/// Bounds on a token from outside, checked before anything of it is read.
public struct SignedTokenLimits: Sendable {
  /// The longest token, in bytes; default 8 KiB: what a server takes as one header field.
  public var maximumTokenBytes = 8 << 10
  /// The longest header, decoded, in bytes; default 1 KiB: a usual one has 60.
  public var maximumHeaderBytes = 1 << 10
  /// The longest signature, decoded, in bytes; default 1 KiB: of an RSA key of 8,192 bits.
  public var maximumSignatureBytes = 1 << 10
  /// How deep arrays and objects of the claims may nest; default 16.
  public var maximumDepth = 16

  /// Takes the defaults.
  public init() {}
}

/// Why bytes are no token that anybody should look at any further.
///
/// The raw value says it for a person; nothing of the token is in it.
public enum SignedTokenViolation: String, Error, Equatable, Sendable {
  /// It is longer than the limit.
  case tooLong = "the token is too long"
  /// It does not have exactly three parts.
  case notThreeParts = "a token has three parts with a dot between them"
  /// A part is not base 64 for URLs, or not the only one for its bytes.
  case notBase64URL = "a part of the token is not base64url without padding"
  /// The header is longer than the limit.
  case headerTooLong = "the token's header is too long"
  /// The header is no JSON object.
  case headerNotJSON = "the token's header is not a JSON object"
  /// The header has a member twice.
  case duplicateInHeader = "the token's header has a member twice"
  /// The header lacks `alg`, or a member is of another kind than it must be.
  case wrongHeaderMember = "a member of the token's header is missing or of the wrong kind"
  /// The header names an extension that must be understood, and none is (RFC 7515 §4.1.11).
  case criticalExtension = "the token's header has 'crit', and no extension is understood"
  /// The payload is not encoded as usual (RFC 7797).
  case unencodedPayload = "the token's payload is unencoded ('b64')"
  /// The header brings a key or says where to get one; neither is ever used (RFC 8725 §3.10).
  case keyInHeader = "the token's header brings its own key ('jwk', 'jku', 'x5c' or 'x5u')"
  /// The signature is longer than the limit.
  case signatureTooLong = "the token's signature is too long"
  /// The claims are no JSON object.
  case claimsNotJSON = "the token's claims are not a JSON object"
  /// The claims have a member twice, perhaps deep within.
  case duplicateInClaims = "the token's claims have a member twice"
}
