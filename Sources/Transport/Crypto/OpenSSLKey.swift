// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// A key of OpenSSL, which goes with this object.
///
/// `@unchecked Sendable`: the key is not changed once it is here, and OpenSSL allows any number of
/// threads to use one at once, each with a context of its own.
final class OpenSSLKey: @unchecked Sendable {
  let pointer: OpaquePointer
  let algorithm: SignatureAlgorithm

  /// The least and the most bits of an RSA key (RFC 7518 §3.3; larger ones take too long).
  static let rsaBits = 2_048...8_192

  /// Takes over a key, and finds out what it is for.
  ///
  /// - Parameter pointer: The caller's reference becomes this object's, or is given back at once.
  /// - Throws: ``KeyFault`` for a kind or size that is not used.
  init(owning pointer: OpaquePointer) throws(KeyFault) {
    do throws(KeyFault) {
      algorithm = try Self.algorithm(of: pointer)
    } catch {
      EVP_PKEY_free(pointer)
      throw error
    }
    self.pointer = pointer
  }

  deinit { EVP_PKEY_free(pointer) }

  private static func algorithm(of key: OpaquePointer) throws(KeyFault) -> SignatureAlgorithm {
    switch EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_RSA:
      guard rsaBits.contains(Int(EVP_PKEY_get_bits(key))) else {
        throw KeyFault(
          "an RSA key of \(EVP_PKEY_get_bits(key)) bits",
          remedy: "use one of \(rsaBits.lowerBound) to \(rsaBits.upperBound) bits"
        )
      }
      return .rs256
    case EVP_PKEY_EC:
      guard isP256(key) else {
        throw KeyFault("a key on another curve than P-256", remedy: "use one on P-256 (prime256v1)")
      }
      return .es256
    case EVP_PKEY_ED25519:
      return .edDSA
    default:
      throw KeyFault("a key of an unknown kind", remedy: "use RSA, P-256 or Ed25519")
    }
  }

  private static func isP256(_ key: OpaquePointer) -> Bool {
    var name = [CChar](repeating: 0, count: 64)
    var length = 0
    guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return false }
    return String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
      == "prime256v1"
  }

  /// Refuses numbers that are no key: a modulus with small factors, a point off its curve.
  func check() throws(KeyFault) {
    let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil)
    defer { EVP_PKEY_CTX_free(context) }
    guard EVP_PKEY_public_check(context) == 1 else {
      ERR_clear_error()
      throw KeyFault("its numbers are no \(algorithm.rawValue) key", remedy: "make it anew")
    }
  }

  /// Whether a signature is the key's; `false` for anything else, also for what is none at all.
  func verify(_ message: UnsafeRawBufferPointer, _ signature: [UInt8]) -> Bool {
    let context = EVP_MD_CTX_new()
    defer {
      EVP_MD_CTX_free(context)
      // What OpenSSL found wrong stays in a queue of the thread, where TLS would meet it.
      ERR_clear_error()
    }
    let digest = algorithm == .edDSA ? nil : EVP_sha256()
    guard EVP_DigestVerifyInit(context, nil, digest, nil, pointer) == 1 else { return false }
    let start = message.bindMemory(to: UInt8.self).baseAddress
    return EVP_DigestVerify(context, signature, signature.count, start, message.count) == 1
  }
}
