// SPDX-License-Identifier: Apache-2.0

extension SignedToken {
  /// What a new token's signature is for: header and claims as text, with their dot.
  ///
  /// - Parameters:
  ///   - algorithm: The name of the algorithm that will sign.
  ///   - keyID: Which key will sign, `kid`.
  ///   - type: What kind of token it is, `typ`.
  ///   - claims: JSON text.
  /// - Returns: The bytes to sign.
  public static func unsigned(
    algorithm: String,
    keyID: String?,
    type: String?,
    claims: [UInt8]
  ) -> [UInt8] {
    var header = JSONWriter()
    header.beginObject()
    header.name("alg")
    header.value(algorithm)
    for (name, value) in [("kid", keyID), ("typ", type)] {
      guard let value else { continue }
      header.name(name)
      header.value(value)
    }
    header.endObject()
    return Base64URL.encode(header.bytes) + [ASCII.dot] + Base64URL.encode(claims)
  }

  /// The token.
  ///
  /// - Parameters:
  ///   - unsigned: What ``unsigned(algorithm:keyID:type:claims:)`` made.
  ///   - signature: The signature of exactly that.
  /// - Returns: The token in its compact form.
  public static func signed(_ unsigned: [UInt8], with signature: [UInt8]) -> [UInt8] {
    unsigned + [ASCII.dot] + Base64URL.encode(signature)
  }
}
