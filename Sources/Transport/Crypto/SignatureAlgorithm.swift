// SPDX-License-Identifier: Apache-2.0

/// How tokens are signed (RFC 7518 §3.1, RFC 8037 §3.1); there is no `none`.
public enum SignatureAlgorithm: String, CaseIterable, Sendable {
  /// HMAC with SHA-256 under a shared secret.
  case hs256 = "HS256"
  /// RSA (PKCS #1 v1.5) with SHA-256.
  case rs256 = "RS256"
  /// ECDSA on P-256 with SHA-256.
  case es256 = "ES256"
  /// EdDSA on Ed25519.
  case edDSA = "EdDSA"

  /// The algorithm that a token names, compared byte by byte; `nil` for any other name.
  ///
  /// `Ed25519` is the name of RFC 9864 for what older tokens call `EdDSA`.
  public init?(named name: String) {
    let isNamed: (String) -> Bool = { $0.utf8.elementsEqual(name.utf8) }
    if isNamed("Ed25519") {
      self = .edDSA
    } else if let algorithm = Self.allCases.first(where: { isNamed($0.rawValue) }) {
      self = algorithm
    } else {
      return nil
    }
  }
}

/// Why a key is not used, in words for a person; never what it holds.
public struct KeyFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, without a full stop.
  public let detail: String
  /// What helps.
  public let remedy: String

  /// What is wrong and what helps.
  public var description: String { "\(detail): \(remedy)" }

  /// Describes a fault.
  public init(_ detail: String, remedy: String) {
    (self.detail, self.remedy) = (detail, remedy)
  }
}
