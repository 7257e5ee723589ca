// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// Reads keys out of text in PEM form (RFC 7468).
enum PEMText {
  /// Whether bytes have what begins such a text.
  static func isPEM(_ bytes: [UInt8]) -> Bool {
    let mark = Array("-----BEGIN ".utf8)
    return bytes.indices.contains { bytes[$0...].starts(with: mark) }
  }

  /// The public key of a text.
  static func publicKey(_ text: [UInt8]) throws(KeyFault) -> OpenSSLKey {
    guard !String(decoding: text, as: UTF8.self).contains("PRIVATE KEY-----") else {
      throw KeyFault(
        "a private key, where its public half belongs",
        remedy: "write that into a file: openssl pkey -in FILE -pubout -out NEW"
      )
    }
    let pointer = read(text) { PEM_read_bio_PUBKEY($0, nil, refusePassphrase, nil) }
    guard let pointer else {
      throw KeyFault(
        "no public key in PEM form",
        remedy: "give a text that begins with BEGIN PUBLIC KEY"
      )
    }
    let key = try OpenSSLKey(owning: pointer)
    try key.check()
    return key
  }

  /// The private key of a text.
  static func privateKey(_ text: [UInt8]) throws(KeyFault) -> OpenSSLKey {
    let pointer = read(text) { PEM_read_bio_PrivateKey($0, nil, refusePassphrase, nil) }
    guard let pointer else {
      throw KeyFault(
        "no private key in PEM form, or one with a passphrase",
        remedy: "give a text that begins with BEGIN PRIVATE KEY"
      )
    }
    return try OpenSSLKey(owning: pointer)
  }

  private static func read(
    _ text: [UInt8],
    _ body: (OpaquePointer?) -> OpaquePointer?
  ) -> OpaquePointer? {
    guard text.count <= PEMFile.maximumBytes else { return nil }
    return text.withUnsafeBytes { bytes in
      let reader = BIO_new_mem_buf(bytes.baseAddress, CInt(bytes.count))
      defer {
        BIO_free(reader)
        ERR_clear_error()
      }
      return body(reader)
    }
  }
}
