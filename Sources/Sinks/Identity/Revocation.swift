// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Says that what was vouched for does not count any more.
public struct Revocation: Hashable, Sendable {
  /// Whom or what it is about.
  public enum Subject: Hashable, Sendable {
    /// The tokens of a user that were made before an instant; those without `iat` too.
    case user(String, issuedBefore: Timestamp)
    /// The tokens of a session, `sid`.
    case session(String)
    /// One token, `jti`.
    case token(String)
  }

  /// Whom or what it is about.
  public let subject: Subject
  /// Until when it has to be remembered: no token that it is about is valid after that.
  public let expiry: Timestamp

  /// Describes a revocation.
  public init(_ subject: Subject, expiry: Timestamp) {
    (self.subject, self.expiry) = (subject, expiry)
  }

  /// Whether a client's connection has to end for it.
  public func covers(_ identity: ClientIdentity) -> Bool {
    switch subject {
    case .user(let user, let instant):
      user == identity.user && identity.issued.map { $0 < instant } ?? true
    case .session(let session): session == identity.session
    case .token(let id): id == identity.tokenID
    }
  }
}
