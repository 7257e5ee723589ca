// SPDX-License-Identifier: Apache-2.0
import Streams

/// What a token must say, apart from being signed.
public struct TokenPolicy: Equatable, Sendable {
  /// Whose tokens count, `iss`; default `nil`: anybody's whose key is known.
  public var issuer: String?
  /// Whom tokens must be for, one of these in `aud`; default none: those meant for somebody are
  /// refused (RFC 7519 §4.1.3).
  public var audiences: [String] = []
  /// What kind tokens must say to be in `typ` (RFC 8725 §3.11); default `nil`: any.
  public var type: String?
  /// How far clocks may differ where times are compared; default 60 s.
  public var leeway = Duration.seconds(60)
  /// Whether tokens must have `exp`; default yes.
  public var requiresExpiry = true
  /// For how long from now tokens may be valid at most; default `nil`: any time.
  public var maximumLifetime: Duration?
  /// Whether tokens may be of nobody in particular, without `sub`; default no.
  public var allowsAnonymous = false

  /// The most leeway that makes sense: five minutes.
  public static let maximumLeeway = Duration.seconds(300)

  /// Takes the defaults.
  public init() {}
}
