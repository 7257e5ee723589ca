// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// Makes keys of OpenSSL out of their numbers, and checks that these are ones.
enum KeyBuilder {
  static func rsa(modulus: [UInt8], exponent: [UInt8]) throws(KeyFault) -> OpenSSLKey {
    let key = copenssl_rsa_key(modulus, modulus.count, exponent, exponent.count)
    return try checked(key, "RSA")
  }

  static func p256(point: [UInt8]) throws(KeyFault) -> OpenSSLKey {
    try checked(copenssl_p256_key(point, point.count), "P-256")
  }

  static func ed25519(_ bytes: [UInt8]) throws(KeyFault) -> OpenSSLKey {
    let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
    return try checked(key, "Ed25519")
  }

  private static func checked(
    _ pointer: OpaquePointer?,
    _ kind: String
  ) throws(KeyFault) -> OpenSSLKey {
    defer { ERR_clear_error() }
    guard let pointer else {
      throw KeyFault("numbers that are no key of \(kind)", remedy: "make the key anew")
    }
    let key = try OpenSSLKey(owning: pointer)
    try key.check()
    return key
  }
}
