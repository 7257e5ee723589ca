// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
public import Transport

/// The keys that tokens may be signed with, each for its one algorithm.
public struct KeySet: Sendable {
  /// A key and what tokens call it.
  public struct Entry: Sendable {
    /// What tokens call it, `kid`; `nil` for a key that any token of its algorithm may mean.
    public let id: String?
    /// The key.
    public let key: VerificationKey

    /// Names a key.
    public init(id: String?, key: VerificationKey) {
      (self.id, self.key) = (id, key)
    }
  }

  /// The most keys that are tried for one token, so that a bad token costs no more than so many.
  static let maximumTryCount = 8

  /// The keys in their order.
  public let entries: [Entry]

  /// Makes a set.
  public init(_ entries: [Entry] = []) {
    self.entries = entries
  }

  /// The keys that a token may be signed with: those of its `kid`, else those that have no name.
  ///
  /// A token without `kid` may mean any. All are for the algorithm that the token names: it chooses
  /// among keys by it, never how a key is used.
  func candidates(for header: SignedTokenHeader) throws(TokenFailure) -> [VerificationKey] {
    guard !entries.isEmpty else { throw .noKeys }
    guard let algorithm = SignatureAlgorithm(named: header.algorithm) else {
      throw .algorithmNotAllowed
    }
    let (called, isNamed) = keys(called: header.keyID)
    let candidates = called.filter { $0.algorithm == algorithm }
    guard !candidates.isEmpty else { throw isNamed ? .algorithmNotAllowed : .unknownKey }
    return Array(candidates.prefix(Self.maximumTryCount))
  }

  /// The keys that `kid` may mean, and whether it names them or there is none: then a set that is
  /// read again can't have another that it means.
  private func keys(called id: String?) -> (keys: [VerificationKey], isNamed: Bool) {
    guard let id else { return (entries.map(\.key), true) }
    let named = entries.filter { $0.id.map { $0.utf8.elementsEqual(id.utf8) } ?? false }
    if !named.isEmpty { return (named.map(\.key), true) }
    return (entries.filter { $0.id == nil }.map(\.key), false)
  }
}
