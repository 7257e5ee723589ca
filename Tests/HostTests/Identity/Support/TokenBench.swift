// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import TestCertificates
import Transport

@testable import Host

/// Makes tokens and keys for tests, at an instant that stands still.
enum TokenBench {
  /// 2026-01-01T00:00:00Z, in seconds.
  static let seconds = 1_767_225_600
  static let now = Timestamp(milliseconds: Int64(seconds) * 1_000)
  static let secret = Array("a secret of more than 32 bytes, for tests".utf8)

  static func signingKey(_ algorithm: SignatureAlgorithm) throws -> SigningKey {
    switch algorithm {
    case .hs256: try SigningKey(secret: secret)
    case .rs256: try SigningKey(pem: Array(PublishedKeys.rsaPrivate.utf8))
    case .es256: try SigningKey(pem: Array(PublishedKeys.p256Private.utf8))
    case .edDSA: try SigningKey(pem: Array(PublishedKeys.ed25519Private.utf8))
    }
  }

  static func key(_ algorithm: SignatureAlgorithm) throws -> VerificationKey {
    switch algorithm {
    case .hs256: try VerificationKey(secret: secret)
    case .rs256: try VerificationKey(pem: Array(PublishedKeys.rsaPublic.utf8))
    case .es256: try VerificationKey(pem: Array(PublishedKeys.p256Public.utf8))
    case .edDSA: try VerificationKey(pem: Array(PublishedKeys.ed25519Public.utf8))
    }
  }

  /// A token with any header at all, signed as told.
  static func token(
    header: String,
    _ claims: String,
    signedWith algorithm: SignatureAlgorithm = .hs256
  ) throws -> [UInt8] {
    let unsigned =
      Base64URL.encode(Array(header.utf8)) + [UInt8(ascii: ".")]
      + Base64URL.encode(Array(claims.utf8))
    return SignedToken.signed(unsigned, with: try signingKey(algorithm).sign(unsigned))
  }

  /// A token of the usual header.
  static func token(
    _ claims: String,
    _ algorithm: SignatureAlgorithm = .hs256,
    keyID: String? = nil
  ) throws -> [UInt8] {
    let unsigned = SignedToken.unsigned(
      algorithm: algorithm.rawValue,
      keyID: keyID,
      type: "JWT",
      claims: Array(claims.utf8)
    )
    return SignedToken.signed(unsigned, with: try signingKey(algorithm).sign(unsigned))
  }

  /// A token of user 42 that is valid for an hour, with more claims.
  static func valid(_ more: String = "") throws -> [UInt8] {
    try token(#"{"sub":"42","exp":\#(seconds + 3_600)\#(more.isEmpty ? "" : ",")\#(more)}"#)
  }

  static func verifier(
    _ keys: [KeySet.Entry]? = nil,
    revocations: RevocationList = RevocationList(),
    _ change: (inout TokenPolicy) -> Void = { _ in }
  ) throws -> TokenVerifier {
    var policy = TokenPolicy()
    change(&policy)
    let entries = try keys ?? [KeySet.Entry(id: nil, key: key(.hs256))]
    return TokenVerifier(keys: KeyRing(entries), policy: policy, revocations: revocations)
  }

  /// A key set of the keys that tokens of this bench are signed with.
  static func keySet(_ algorithms: [(SignatureAlgorithm, id: String)]) -> [UInt8] {
    let keys = algorithms.map { algorithm, id in
      switch algorithm {
      case .hs256:
        #"{"kty":"oct","k":"\#(String(decoding: Base64URL.encode(secret), as: UTF8.self))","kid":"\#(id)"}"#
      case .rs256:
        #"{"kty":"RSA","n":"\#(PublishedTokens.rsaModulus)","e":"AQAB","kid":"\#(id)"}"#
      case .es256:
        #"{"kty":"EC","crv":"P-256","x":"\#(PublishedTokens.p256X)","y":"\#(PublishedTokens.p256Y)","kid":"\#(id)"}"#
      case .edDSA:
        #"{"kty":"OKP","crv":"Ed25519","x":"\#(PublishedTokens.ed25519)","kid":"\#(id)"}"#
      }
    }
    return Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
  }
}

extension TokenVerifier {
  /// Why a token of a connection is refused; `nil` when it is not.
  func failure(
    of token: [UInt8],
    at now: Timestamp = TokenBench.now
  ) -> TokenFailure? {
    do throws(TokenFailure) {
      _ = try identity(of: token, at: now)
      return nil
    } catch {
      return error
    }
  }

  /// Why a token of a subscription is refused; `nil` when it is not.
  func permitFailure(of token: [UInt8]) -> TokenFailure? {
    do throws(TokenFailure) {
      _ = try permit(of: token, at: TokenBench.now)
      return nil
    } catch {
      return error
    }
  }
}
