// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// A key that verifies signatures, for exactly one algorithm.
///
/// The algorithm is the key's, never the message's: a public key can't be mistaken for a secret.
/// Whatever prints it does not print the key. Threads may share it.
public struct VerificationKey: Sendable {
  private enum Material: Sendable {
    case secret([UInt8])
    case publicKey(OpenSSLKey)
  }

  /// The fewest bytes of a secret: as many as the digest has (RFC 7518 §3.2).
  public static let minimumSecretBytes = 32
  /// The most bytes of a secret; more add nothing.
  public static let maximumSecretBytes = 4 << 10

  private let material: Material

  /// What the key is for.
  public let algorithm: SignatureAlgorithm

  private init(_ key: OpenSSLKey) {
    material = .publicKey(key)
    algorithm = key.algorithm
  }

  /// Takes a secret, for HS256.
  ///
  /// - Parameter secret: 32 to 4,096 bytes that nobody can guess.
  /// - Throws: ``KeyFault`` for other sizes, and for what looks like a public key: whoever knows
  ///   that one could sign.
  public init(secret: [UInt8]) throws(KeyFault) {
    guard (Self.minimumSecretBytes...Self.maximumSecretBytes).contains(secret.count) else {
      throw KeyFault(
        "a secret of \(secret.count) bytes",
        remedy: "use \(Self.minimumSecretBytes) to \(Self.maximumSecretBytes) random bytes"
      )
    }
    guard !PEMText.isPEM(secret) else {
      throw KeyFault(
        "a key in PEM form is given as a secret",
        remedy: "give a public key as such, or a secret of random bytes"
      )
    }
    material = .secret(secret)
    algorithm = .hs256
  }

  /// Takes an RSA key, for RS256.
  ///
  /// - Parameters:
  ///   - modulus: Its modulus, most significant byte first: 2,048 to 8,192 bits.
  ///   - exponent: Its exponent, likewise: an odd number above 1, of at most 8 bytes.
  /// - Throws: ``KeyFault``.
  public init(rsaModulus modulus: [UInt8], exponent: [UInt8]) throws(KeyFault) {
    let digits = exponent.drop { $0 == 0 }
    guard digits.count <= 8, let last = digits.last, last % 2 == 1, Array(digits) != [1],
      modulus.count <= OpenSSLKey.rsaBits.upperBound / 8
    else {
      throw KeyFault("an RSA key that is none", remedy: "use one of usual size and exponent")
    }
    self.init(try KeyBuilder.rsa(modulus: modulus, exponent: Array(digits)))
  }

  /// Takes a point of the curve P-256, for ES256.
  ///
  /// - Parameters:
  ///   - x: Its first coordinate, of 32 bytes, most significant first.
  ///   - y: Its second.
  /// - Throws: ``KeyFault`` for a point that is not on the curve.
  public init(p256X x: [UInt8], y: [UInt8]) throws(KeyFault) {
    guard x.count == 32, y.count == 32 else {
      throw KeyFault("a coordinate of P-256 without 32 bytes", remedy: "write all of them")
    }
    self.init(try KeyBuilder.p256(point: [4] + x + y))
  }

  /// Takes a key of Ed25519, for EdDSA.
  ///
  /// - Parameter ed25519: The 32 bytes of RFC 8032 §5.1.5.
  /// - Throws: ``KeyFault``.
  public init(ed25519: [UInt8]) throws(KeyFault) {
    guard ed25519.count == 32 else {
      throw KeyFault("a key of Ed25519 without 32 bytes", remedy: "write all of them")
    }
    self.init(try KeyBuilder.ed25519(ed25519))
  }

  /// Takes the public key of a text in PEM form; what it is for follows from its kind.
  ///
  /// - Parameter pem: Text with one `BEGIN PUBLIC KEY`.
  /// - Throws: ``KeyFault``, also for a private key, which does not belong there.
  public init(pem: [UInt8]) throws(KeyFault) {
    self.init(try PEMText.publicKey(pem))
  }

  /// Whether a signature is the key's.
  ///
  /// It takes the time that the algorithm takes, up to a tenth of a millisecond, and never fails
  /// otherwise than by `false`.
  public func isSignature(_ signature: [UInt8], of message: ArraySlice<UInt8>) -> Bool {
    switch material {
    case .secret(let secret):
      return Digest.areEqual(signature, Digest.hmacSHA256(Array(message), key: secret))
    case .publicKey(let key):
      let written = algorithm == .es256 ? ECDSASignature.der(signature) : signature
      guard let written else { return false }
      return message.withUnsafeBytes { key.verify($0, written) }
    }
  }
}

extension VerificationKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  /// The algorithm, not the key.
  public var description: String { "(\(algorithm.rawValue) key)" }
  /// The algorithm, not the key.
  public var debugDescription: String { description }
  /// Nothing of the key.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
