// SPDX-License-Identifier: Apache-2.0

/// A key that signatures are verified with, as it was written (RFC 7517); not yet known to be good.
///
/// Whatever prints it does not print the key.
public struct JSONWebKey: Equatable, Sendable {
  /// The numbers that the key consists of.
  public enum Material: Equatable, Sendable {
    /// An RSA key: modulus and exponent, most significant byte first (RFC 7518 §6.3).
    case rsa(modulus: [UInt8], exponent: [UInt8])
    /// A point of the curve P-256: two coordinates of 32 bytes (RFC 7518 §6.2).
    case p256(x: [UInt8], y: [UInt8])
    /// A key of the curve Ed25519: 32 bytes (RFC 8037 §2).
    case ed25519([UInt8])
    /// A secret that signs as well (RFC 7518 §6.4).
    case secret([UInt8])
  }

  /// Why a key is passed over; the raw value says it for a person.
  public enum Refusal: String, Error, Equatable, Sendable {
    /// It is no object, or a member is missing or of the wrong kind.
    case malformed = "a member of the key is missing or of the wrong kind"
    /// It is of a kind or on a curve that is not known here.
    case unknownKind = "the key is of a kind that is not known"
    /// It is for encryption (`use`), or its `key_ops` lack `verify`.
    case notForSignatures = "the key is not for verifying signatures"
    /// Its `alg` is another than its kind has here.
    case otherAlgorithm = "the key is for another algorithm"
    /// It has what only its owner may have: whoever published it gave it away.
    case isPrivate = "the key has its private part with it"
  }

  /// What the key is called, `kid`.
  public let id: String?
  /// Its numbers.
  public let material: Material

  /// Reads a key.
  ///
  /// - Parameter view: What stands in a key set.
  /// - Throws: ``Refusal``.
  public init(_ view: JSONView) throws(Refusal) {
    guard view.kind == .object, view.duplicateName == nil else { throw .malformed }
    let kind = try Self.text(view, "kty")
    material = try Self.material(view, kind)
    id = view["kid"] == nil ? nil : try Self.text(view, "kid")
    guard kind == "oct" || view["d"] == nil else { throw .isPrivate }
    try Self.checkUse(view)
    if view["alg"] != nil {
      let algorithm = try Self.text(view, "alg")
      // RFC 9864 calls the curve's own algorithm by the curve's name.
      let isRight =
        algorithm == material.algorithmName
        || (algorithm == "Ed25519" && material.algorithmName == "EdDSA")
      guard isRight else { throw .otherAlgorithm }
    }
  }

  private static func material(
    _ view: JSONView,
    _ kind: String
  ) throws(Refusal) -> Material {
    switch kind {
    case "RSA":
      return .rsa(modulus: try bytes(view, "n"), exponent: try bytes(view, "e"))
    case "EC":
      guard try text(view, "crv") == "P-256" else { throw .unknownKind }
      return .p256(x: try bytes(view, "x", count: 32), y: try bytes(view, "y", count: 32))
    case "OKP":
      guard try text(view, "crv") == "Ed25519" else { throw .unknownKind }
      return .ed25519(try bytes(view, "x", count: 32))
    case "oct":
      return .secret(try bytes(view, "k"))
    default:
      throw .unknownKind
    }
  }

  /// `use` and `key_ops` (RFC 7517 §4.2 and §4.3): whichever is there must allow it.
  private static func checkUse(_ view: JSONView) throws(Refusal) {
    if view["use"] != nil {
      guard try text(view, "use") == "sig" else { throw .notForSignatures }
    }
    if let operations = view["key_ops"] {
      guard operations.kind == .array else { throw .malformed }
      guard operations.elements.contains(where: { $0.string == "verify" }) else {
        throw .notForSignatures
      }
    }
  }

  private static func text(_ view: JSONView, _ name: String) throws(Refusal) -> String {
    guard let text = view[name]?.string, !text.isEmpty,
      text.utf8.count <= SignedTokenHeader.maximumKeyIDBytes
    else { throw .malformed }
    return text
  }

  private static func bytes(
    _ view: JSONView,
    _ name: String,
    count: Int? = nil
  ) throws(Refusal) -> [UInt8] {
    guard let text = view[name]?.string, let bytes = Base64URL.decode(text), !bytes.isEmpty else {
      throw .malformed
    }
    if let count, bytes.count != count { throw .malformed }
    return bytes
  }
}

extension JSONWebKey.Material {
  /// The one algorithm that keys of the kind are for here.
  public var algorithmName: String {
    switch self {
    case .rsa: "RS256"
    case .p256: "ES256"
    case .ed25519: "EdDSA"
    case .secret: "HS256"
    }
  }
}

extension JSONWebKey.Material: CustomStringConvertible, CustomReflectable {
  /// The kind, not the key.
  public var description: String { "(\(algorithmName) key)" }
  /// Nothing of the key.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
