// SPDX-License-Identifier: Apache-2.0

/// The header of a signed token: what says how to check it (RFC 7515 §4.1).
public struct SignedTokenHeader: Equatable, Sendable {
  /// The algorithm's name, `alg`; never empty.
  public let algorithm: String
  /// Which key signed it, `kid`.
  public let keyID: String?
  /// What kind of token it is, `typ`.
  public let type: String?

  /// The longest `kid`, in bytes.
  static let maximumKeyIDBytes = 256

  /// Reads a header; what it does not know, it ignores (RFC 7515 §4).
  init(_ bytes: [UInt8]) throws(SignedTokenViolation) {
    guard let view = try? JSONView.parse(bytes, limits: JSONLimits(maximumDepth: 4)),
      view.kind == .object
    else { throw .headerNotJSON }
    guard view.duplicateName == nil else { throw .duplicateInHeader }
    guard view["crit"] == nil else { throw .criticalExtension }
    if let encoding = view["b64"], encoding.bool != true { throw .unencodedPayload }
    for name in ["jwk", "jku", "x5c", "x5u"] where view[name] != nil { throw .keyInHeader }
    guard let algorithm = view["alg"]?.string, !algorithm.isEmpty else {
      throw .wrongHeaderMember
    }
    self.algorithm = algorithm
    keyID = try Self.text(view["kid"])
    type = try Self.text(view["typ"])
  }

  private static func text(_ value: JSONView?) throws(SignedTokenViolation) -> String? {
    guard let value else { return nil }
    guard let text = value.string, text.utf8.count <= maximumKeyIDBytes else {
      throw .wrongHeaderMember
    }
    return text
  }

  /// Whether the token says that it is of some type (RFC 7515 §4.1.9).
  ///
  /// Media types compare without regard to case, and `application/` may be left out of one.
  public func isType(_ wanted: String) -> Bool {
    guard let type else { return false }
    return Self.mediaType(type) == Self.mediaType(wanted)
  }

  private static func mediaType(_ text: String) -> [UInt8] {
    let bytes = text.utf8.map(\.lowercasedASCII)
    let prefix = Array("application/".utf8)
    return bytes.starts(with: prefix) && !bytes.dropFirst(prefix.count).contains(ASCII.slash)
      ? Array(bytes.dropFirst(prefix.count)) : bytes
  }
}
