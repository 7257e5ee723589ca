// SPDX-License-Identifier: Apache-2.0

/// A signed token taken apart: JWS in its compact form (RFC 7515 §3.1), which nobody has checked
/// yet.
///
/// Nothing of ``payload`` may be believed before ``signature`` was verified with a key of one's
/// own.
public struct SignedToken: Sendable {
  /// How it says to be checked.
  public let header: SignedTokenHeader
  /// The bytes that are signed: the first two parts as they were written, with their dot.
  public let signedBytes: ArraySlice<UInt8>
  /// The bytes that the signature is for, decoded.
  public let payload: [UInt8]
  /// The signature, decoded; empty for a token without one.
  public let signature: [UInt8]

  private let maximumDepth: Int

  /// Takes a token apart.
  ///
  /// - Parameters:
  ///   - text: The token and nothing else.
  ///   - limits: How long its parts may be.
  /// - Throws: ``SignedTokenViolation``, the fault of whoever sent it.
  public init(
    _ text: [UInt8],
    limits: SignedTokenLimits = SignedTokenLimits()
  ) throws(SignedTokenViolation) {
    guard text.count <= limits.maximumTokenBytes else { throw .tooLong }
    let parts = text.split(
      separator: ASCII.dot,
      maxSplits: 3,
      omittingEmptySubsequences: false
    )
    guard parts.count == 3 else { throw .notThreeParts }
    guard let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
      let signature = Base64URL.decode(parts[2])
    else { throw .notBase64URL }
    guard header.count <= limits.maximumHeaderBytes else { throw .headerTooLong }
    guard signature.count <= limits.maximumSignatureBytes else { throw .signatureTooLong }
    self.header = try SignedTokenHeader(header)
    self.payload = payload
    self.signature = signature
    signedBytes = text[..<parts[1].endIndex]
    maximumDepth = limits.maximumDepth
  }

  /// Reads the claims (RFC 7519 §4); call it once the signature was verified.
  ///
  /// - Returns: A JSON object without a duplicate name anywhere.
  /// - Throws: ``SignedTokenViolation``.
  public func claims() throws(SignedTokenViolation) -> JSONView {
    let limits = JSONLimits(maximumDepth: maximumDepth)
    guard let view = try? JSONView.parse(payload, limits: limits), view.kind == .object else {
      throw .claimsNotJSON
    }
    guard view.duplicateName == nil else { throw .duplicateInClaims }
    return view
  }
}
