// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// Makes bytes that nobody can foresee: session identifiers, nonces, keys.
public enum SecureRandom {
  /// Fresh random bytes of OpenSSL's generator.
  ///
  /// The process stops when the system has no randomness to give: weak bytes would be worse.
  public static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
      let code = count == 0 ? 1 : RAND_bytes(bytes.baseAddress, CInt(count))
      precondition(code == 1, "the system's source of randomness must work")
      filled = count
    }
  }
}
