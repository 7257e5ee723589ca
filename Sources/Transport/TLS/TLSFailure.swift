// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc

/// Why TLS with one peer failed.
public struct TLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of failure, by who can do something about it; the raw value is a label for metrics.
  public enum Reason: String, CaseIterable, Sendable {
    /// The peer speaks something else, such as plain HTTP.
    case notTLS = "not_tls"
    /// There is no version, cipher or application protocol that both sides accept.
    case negotiation
    /// One side refused the certificate of the other.
    case certificate
    /// The peer broke the protocol, or the bytes were changed on their way.
    case violation
    /// The peer ended TCP without saying so within TLS: what came may not be all (RFC 8446 §6.1).
    case truncated
    /// TCP was lost.
    case lost
    /// This side closed before the handshake was over; mostly because it took too long.
    case abandoned
  }

  /// The kind of failure.
  public let reason: Reason
  /// What happened, in words for a person.
  public let detail: String

  /// What happened, in words for a person.
  public var description: String { detail }

  /// The failure in the form of the calls beneath it, whose errors have a number.
  func systemError(_ operation: String) -> SystemError {
    let number: CInt = reason == .truncated || reason == .lost ? ECONNRESET : EPROTO
    return SystemError(errno: number, operation: "\(operation): \(detail)")
  }
}

extension TLSFailure {
  /// Sorts what OpenSSL has put last into the error queue of this thread.
  ///
  /// - Parameters:
  ///   - ssl: The connection that failed.
  ///   - isEstablished: Whether its handshake was over.
  init(ofQueueFor ssl: OpaquePointer, isEstablished: Bool) {
    let code = ERR_peek_last_error()
    let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "unknown error"
    switch ERR_GET_REASON(code) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      let verdict = X509_verify_cert_error_string(SSL_get_verify_result(ssl))
      let why = verdict.map { String(cString: $0) } ?? text
      self.init(reason: .certificate, detail: "the peer's certificate is refused: \(why)")
    case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST,
      SSL_R_WRONG_VERSION_NUMBER where !isEstablished:
      self.init(reason: .notTLS, detail: "the peer does not speak TLS: \(text)")
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_NO_SHARED_CIPHER,
      SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
      SSL_R_NO_APPLICATION_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE:
      self.init(reason: .negotiation, detail: text)
    case let alert where alert > SSL_AD_REASON_OFFSET:
      self.init(reason: Self.reason(ofAlert: alert - SSL_AD_REASON_OFFSET), detail: text)
    default:
      self.init(reason: .violation, detail: text)
    }
  }

  /// Sorts what the peer says of a failure (RFC 8446 §6.2).
  private static func reason(ofAlert alert: CInt) -> Reason {
    switch alert {
    case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
      SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA:
      .certificate
    case SSL_AD_HANDSHAKE_FAILURE, SSL_AD_PROTOCOL_VERSION, SSL_AD_INSUFFICIENT_SECURITY,
      SSL_AD_NO_APPLICATION_PROTOCOL:
      .negotiation
    default:
      .violation
    }
  }

  static let truncated = TLSFailure(
    reason: .truncated,
    detail: "the peer ended the connection without closing TLS: what came may not be all"
  )
  static let abandoned = TLSFailure(
    reason: .abandoned,
    detail: "the connection was closed before the handshake was over"
  )
  static let unheard = TLSFailure(
    reason: .violation,
    detail: "the peer demands answers and does not read them"
  )

  static func lost(_ error: SystemError) -> TLSFailure {
    TLSFailure(reason: .lost, detail: error.reason)
  }
}
