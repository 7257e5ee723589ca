// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// Computes message digests with OpenSSL.
public enum Digest {
  /// The 20 bytes of SHA-1: for the WebSocket handshake (RFC 6455 §4.2.2), not for secrets.
  public static func sha1(_ message: [UInt8]) -> [UInt8] {
    digest(message, Self.sha1Algorithm.pointer, byteCount: 20)
  }

  // Looked up once: by name it would be for each message.
  private static let sha1Algorithm = Algorithm(pointer: EVP_MD_fetch(nil, "SHA1", nil))

  /// An algorithm of OpenSSL's.
  ///
  /// Proof of `@unchecked`: OpenSSL never changes one, and this one is kept for good.
  private struct Algorithm: @unchecked Sendable {
    let pointer: OpaquePointer?
  }

  /// The 32 bytes of SHA-256 (FIPS 180-4).
  public static func sha256(_ message: [UInt8]) -> [UInt8] {
    digest(message, EVP_sha256(), byteCount: 32)
  }

  /// The 32 bytes of HMAC with SHA-256 (RFC 2104).
  public static func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { bytes, filled in
      var count: CUnsignedInt = 0
      let code = HMAC(
        EVP_sha256(),
        key,
        CInt(key.count),
        message,
        message.count,
        bytes.baseAddress,
        &count
      )
      precondition(code != nil && count == 32, "OpenSSL must be able to compute what it names")
      filled = 32
    }
  }

  /// Whether both are the same bytes, in a time that tells nothing about where they differ.
  public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }

  private static func digest(
    _ message: [UInt8],
    _ algorithm: OpaquePointer?,
    byteCount: Int
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, filled in
      let code = EVP_Digest(message, message.count, bytes.baseAddress, nil, algorithm, nil)
      precondition(code == 1, "OpenSSL must be able to compute the digests it names")
      filled = byteCount
    }
  }
}
