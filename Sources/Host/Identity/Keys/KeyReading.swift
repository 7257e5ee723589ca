// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

/// Keys that were read, and how many others were passed over.
struct LoadedKeys: Sendable {
  var entries: [KeySet.Entry] = []
  var skippedCount = 0
}

/// Makes keys of what their sources hold.
enum KeyReading {
  /// Reads a source that is no URL; it may block as long as its disk does.
  static func load(
    _ source: KeySource,
    environment: [String: String]
  ) throws(KeySourceFailure) -> LoadedKeys {
    let text = try text(of: source, environment: environment)
    switch source {
    case .secretVariable(_, let id), .secretFile(_, let id):
      return try secret(text, id, of: source)
    case .publicKeyFile(_, let id):
      return LoadedKeys(entries: [
        try entry(id, source) { () throws(KeyFault) in
          try VerificationKey(pem: text)
        }
      ])
    case .keySetFile, .keySetURL: return try keySet(text, of: source)
    }
  }

  /// What a source holds that is no URL, as it stands there.
  static func text(
    of source: KeySource,
    environment: [String: String]
  ) throws(KeySourceFailure) -> [UInt8] {
    switch source {
    case .secretVariable(let name, _):
      guard let text = environment[name] else {
        throw KeySourceFailure(source, "is not set", remedy: "set it, or name another")
      }
      return Array(text.utf8)
    case .secretFile(let path, _), .publicKeyFile(let path, _), .keySetFile(let path):
      return try KeyFile.read(path, of: source)
    case .keySetURL: preconditionFailure("a URL is fetched, not read")
    }
  }

  /// Reads a key set.
  ///
  /// - Throws: ``KeySourceFailure`` also when no key of the set can be used: better keep the old
  ///   ones.
  static func keySet(
    _ text: [UInt8],
    of source: KeySource
  ) throws(KeySourceFailure) -> LoadedKeys {
    let set: JSONWebKeySet
    do throws(JSONWebKeySet.Violation) {
      set = try JSONWebKeySet(text)
    } catch {
      throw KeySourceFailure(source, error.rawValue, remedy: "give a key set of RFC 7517")
    }
    var loaded = LoadedKeys(skippedCount: set.refusals.count)
    var reason = set.refusals.first?.rawValue
    for key in set.keys {
      do throws(KeyFault) {
        loaded.entries.append(.init(id: key.id, key: try verificationKey(key, of: source)))
      } catch {
        loaded.skippedCount += 1
        reason = reason ?? error.detail
      }
    }
    guard !loaded.entries.isEmpty else {
      throw KeySourceFailure(
        source,
        "has no key that can be used (\(reason ?? "it is empty"))",
        remedy: "give keys of RS256, ES256, EdDSA or, in a file, HS256"
      )
    }
    return loaded
  }

  private static func verificationKey(
    _ key: JSONWebKey,
    of source: KeySource
  ) throws(KeyFault) -> VerificationKey {
    switch key.material {
    case .rsa(let modulus, let exponent):
      return try VerificationKey(rsaModulus: modulus, exponent: exponent)
    case .p256(let x, let y): return try VerificationKey(p256X: x, y: y)
    case .ed25519(let bytes): return try VerificationKey(ed25519: bytes)
    case .secret(let bytes):
      guard source.url == nil else {
        throw KeyFault("a secret from a URL", remedy: "put it into a file")
      }
      return try VerificationKey(secret: bytes)
    }
  }

  /// A secret without the line break that editors put at a file's end.
  static func secretBytes(_ text: [UInt8]) -> [UInt8] {
    var text = text
    if text.last == UInt8(ascii: "\n") { text.removeLast() }
    if text.last == UInt8(ascii: "\r") { text.removeLast() }
    return text
  }

  private static func secret(
    _ text: [UInt8],
    _ id: String?,
    of source: KeySource
  ) throws(KeySourceFailure) -> LoadedKeys {
    let bytes = secretBytes(text)
    return LoadedKeys(entries: [
      try entry(id, source) { () throws(KeyFault) in
        try VerificationKey(secret: bytes)
      }
    ])
  }

  private static func entry(
    _ id: String?,
    _ source: KeySource,
    _ make: () throws(KeyFault) -> VerificationKey
  ) throws(KeySourceFailure) -> KeySet.Entry {
    do throws(KeyFault) {
      return KeySet.Entry(id: id, key: try make())
    } catch {
      throw KeySourceFailure(source, error.detail, remedy: error.remedy)
    }
  }
}
