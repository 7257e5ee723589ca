// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// A version of the protocol that is spoken; older ones are broken (RFC 8996).
public enum TLSVersion: CInt, Comparable, Sendable, CustomStringConvertible {
  /// TLS 1.2 (RFC 5246).
  case version12 = 0x0303
  /// TLS 1.3 (RFC 8446).
  case version13 = 0x0304

  /// `TLS 1.2` or `TLS 1.3`.
  public var description: String { self == .version12 ? "TLS 1.2" : "TLS 1.3" }

  /// Whether it is the older one.
  public static func < (left: TLSVersion, right: TLSVersion) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// Owns a context of OpenSSL: what many connections have in common.
///
/// Proof of `@unchecked`: it is configured before it is shared, and OpenSSL's own locks guard what
/// connections of several threads do with it.
final class TLSContext: @unchecked Sendable {
  /// The one protocol offered and accepted within TLS (RFC 7301), as on the wire: length, name.
  static let applicationProtocol: [UInt8] = [8] + Array("http/1.1".utf8)
  // Forward secrecy and authenticated encryption only (RFC 9325 §4.2); TLS 1.3 has nothing else.
  private static let ciphersOfVersion12 = "ECDHE+AESGCM:ECDHE+CHACHA20"

  let pointer: OpaquePointer

  init(_ method: OpaquePointer?, versions: ClosedRange<TLSVersion>) {
    guard let pointer = SSL_CTX_new(method) else {
      preconditionFailure("OpenSSL must be able to make a context")
    }
    self.pointer = pointer
    let (lowest, highest) = (versions.lowerBound.rawValue, versions.upperBound.rawValue)
    precondition(
      copenssl_set_versions(pointer, lowest, highest) == 1
        && SSL_CTX_set_cipher_list(pointer, Self.ciphersOfVersion12) == 1,
      "OpenSSL must know the versions and ciphers that it names"
    )
    // An idle connection then holds no buffers, and one read takes several records.
    copenssl_set_mode(pointer, CLong(SSL_MODE_RELEASE_BUFFERS))
    copenssl_set_read_ahead(pointer)
    // What a session holds is in the tickets of the peers, not here.
    copenssl_set_session_cache_off(pointer)
  }

  deinit {
    SSL_CTX_free(pointer)
  }

  /// Makes the state of one connection.
  func makeConnection() -> OpaquePointer {
    guard let ssl = SSL_new(pointer) else {
      preconditionFailure("there must be memory for a connection")
    }
    return ssl
  }
}
