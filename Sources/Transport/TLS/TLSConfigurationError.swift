// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// Says which file can't be used for TLS, why, and what helps; never what a key holds.
public struct TLSConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file at fault.
  public let file: String
  /// What is wrong with it, without a full stop.
  public let detail: String
  /// What helps.
  public let remedy: String

  /// One line: the file, what is wrong and what helps.
  public var description: String { "\(file): \(detail): \(remedy)" }

  init(_ file: String, _ detail: String, remedy: String) {
    (self.file, self.detail, self.remedy) = (file, detail, remedy)
  }
}

/// What OpenSSL reported last on this thread, in its words; the queue is empty afterwards.
func takeOpenSSLReason() -> String {
  let code = ERR_peek_last_error()
  ERR_clear_error()
  return ERR_reason_error_string(code).map { String(cString: $0) } ?? "unknown error"
}
