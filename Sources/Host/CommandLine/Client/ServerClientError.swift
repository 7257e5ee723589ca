// SPDX-License-Identifier: Apache-2.0
import Codecs
import Transport

/// Why there is no answer from a server.
enum ServerClientError: Error, Equatable {
  /// The host is a name, and names are not looked up.
  case notAnAddress(String)
  /// No connection came about; nothing was sent.
  case unreachable(SystemError)
  /// TLS failed, or the certificate proves nothing; nothing was sent.
  case notSecure(SystemError)
  /// The connection was lost after the request, or a part of it, was sent; it may have been done.
  case lost(String)
  /// The answer did not come in time; the request may have been done.
  case noAnswer(seconds: Int)
  /// What came is not HTTP.
  case notHTTP(HTTPViolation)
  /// The person at the terminal did not want to wait any longer.
  case abandoned

  /// Whether the server may have done what was asked.
  var isInDoubt: Bool {
    switch self {
    case .notAnAddress, .unreachable, .notSecure: false
    case .lost, .noAnswer, .notHTTP, .abandoned: true
    }
  }

  /// What happened, for the person at the terminal.
  var what: String {
    switch self {
    case .notAnAddress(let host): "'\(host)' is not an IP address, and names are not looked up"
    case .unreachable(let error): error.description
    case .notSecure(let error): "\(error.operation), so nothing was sent"
    case .lost(let reason): "the connection was lost before the server answered (\(reason))"
    case .noAnswer(let seconds): "the server did not answer within \(seconds) s"
    case .notHTTP(let violation): "what answered does not speak HTTP (\(violation))"
    case .abandoned: "interrupted before the server answered"
    }
  }

  /// What helps.
  var remedy: String {
    switch self {
    case .notAnAddress: "write the address, or localhost"
    case .unreachable: "start one with 'weir serve', or name another with --server or WEIR_URL"
    case .notSecure:
      "check that it speaks TLS and its certificate is for that host; --ca FILE trusts whoever signed it"
    case .lost, .noAnswer, .abandoned: "it may or may not have been done; look before you repeat it"
    case .notHTTP: "check the host and port of --server, and write https:// if it speaks TLS"
    }
  }

  /// The failure of a command that needed the answer.
  var failure: CommandFailure { .failure(what, remedy: remedy) }
}
