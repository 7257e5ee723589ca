// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks

/// Why the server turned a peer away or let it go, as `/metrics` counts it.
enum RefusalReason: String, CaseIterable, Sendable {
  /// As many connections are open as may be.
  case connections
  /// As many of one address are open as may be.
  case address
  /// The server holds as many bytes for its peers as it may.
  case memory
  /// A request broke HTTP.
  case malformed
  /// A request's first line or fields exceed a limit.
  case headTooLarge = "head_too_large"
  /// A body exceeds its limit.
  case bodyTooLarge = "body_too_large"
  /// A request's head did not come in time.
  case slowHead = "slow_head"
  /// A body did not come in time.
  case slowBody = "slow_body"
  /// Nothing came for long, between two requests.
  case idle
  /// What was sent was not taken in time, or too much piled up.
  case slowReader = "slow_reader"
  /// WebSocket was broken: frames, codes.
  case webSocketProtocol = "websocket_protocol"
  /// A message of bytes, which nobody understands.
  case binary
  /// A text that is not UTF-8.
  case invalidText = "invalid_text"
  /// Too many fragments, or too many pings.
  case flood
  /// A message exceeds the limit.
  case messageTooLarge = "message_too_large"
  /// No answer to a ping.
  case noPong = "no_pong"
  /// Not a command, or one before `connect`.
  case badCommand = "bad_command"
  /// No `connect` in time.
  case noConnect = "no_connect"
  /// A token or a key that is none, or was revoked.
  case badToken = "bad_token"
  /// A token whose time is over, or a connection that was not refreshed in time.
  case tokenExpired = "token_expired"
  /// A host or an origin that the server was not told.
  case foreign
  /// A client asks for more channels, chains or topics than it may.
  case clientLimit = "client_limit"
  /// A subscription, a filter or a chain that can't be read, or could cost too much.
  case badSubscription = "bad_subscription"
  /// Something that needs a grant which the client does not have.
  case notGranted = "not_granted"

  /// What a violation of HTTP counts as.
  init(_ violation: HTTPViolation) {
    switch violation.suggestedStatus {
    case 413: self = .bodyTooLarge
    case 414, 431: self = .headTooLarge
    default: self = .malformed
    }
  }

  /// What the close of a WebSocket by the server counts as; `nil` where nobody was at fault.
  init?(closeCode code: UInt16) {
    switch code {
    case 1002: self = .webSocketProtocol
    case 1003: self = .binary
    case 1007: self = .invalidText
    case 1008: self = .flood
    case 1009: self = .messageTooLarge
    case CloseCode.tryAgainLater.rawValue: self = .memory
    case CloseCode.slow.rawValue: self = .slowReader
    case CloseCode.noPong.rawValue: self = .noPong
    case CloseCode.badRequest.rawValue: self = .badCommand
    case CloseCode.stale.rawValue: self = .noConnect
    default: return nil
    }
  }
}
