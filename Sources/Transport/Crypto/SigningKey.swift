// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// A key that signs tokens, for exactly one algorithm; whatever prints it does not print the key.
public struct SigningKey: Sendable {
  private enum Material: Sendable {
    case secret([UInt8])
    case privateKey(OpenSSLKey)
  }

  private let material: Material

  /// What the key is for.
  public let algorithm: SignatureAlgorithm

  /// Takes a secret, for HS256.
  ///
  /// - Parameter secret: 32 to 4,096 bytes that nobody can guess.
  /// - Throws: ``KeyFault``, as ``VerificationKey/init(secret:)``.
  public init(secret: [UInt8]) throws(KeyFault) {
    algorithm = try VerificationKey(secret: secret).algorithm
    material = .secret(secret)
  }

  /// Takes the private key of a text in PEM form; what it is for follows from its kind.
  ///
  /// - Parameter pem: Text with one `BEGIN PRIVATE KEY`, without a passphrase.
  /// - Throws: ``KeyFault``.
  public init(pem: [UInt8]) throws(KeyFault) {
    let key = try PEMText.privateKey(pem)
    material = .privateKey(key)
    algorithm = key.algorithm
  }

  /// The signature of a message, as tokens have it (RFC 7518 §3).
  public func sign(_ message: [UInt8]) -> [UInt8] {
    switch material {
    case .secret(let secret): Digest.hmacSHA256(message, key: secret)
    case .privateKey(let key): Self.sign(message, key)
    }
  }

  private static func sign(_ message: [UInt8], _ key: OpenSSLKey) -> [UInt8] {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    let digest = key.algorithm == .edDSA ? nil : EVP_sha256()
    var count = 0
    let isReady =
      EVP_DigestSignInit(context, nil, digest, nil, key.pointer) == 1
      && EVP_DigestSign(context, nil, &count, message, message.count) == 1
    precondition(isReady, "a key that was accepted signs")
    var signature = [UInt8](repeating: 0, count: count)
    let code = EVP_DigestSign(context, &signature, &count, message, message.count)
    precondition(code == 1, "a key that was accepted signs")
    signature.removeLast(signature.count - count)
    guard key.algorithm == .es256 else { return signature }
    guard let raw = ECDSASignature.raw(signature) else {
      preconditionFailure("OpenSSL writes DER")
    }
    return raw
  }
}

extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The algorithm, not the key.
  public var description: String { "(\(algorithm.rawValue) signing key)" }
  /// The algorithm, not the key.
  public var debugDescription: String { description }
  /// Nothing of the key.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
