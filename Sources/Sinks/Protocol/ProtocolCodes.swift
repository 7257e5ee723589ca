// SPDX-License-Identifier: Apache-2.0

/// Why a connection was closed: 3000–3499 and 4000–4499 invite a reconnect, 3500–3999 and
/// 4500–4999 do not.
public struct CloseCode: RawRepresentable, Hashable, Sendable {
  /// The code of the close frame.
  public let rawValue: UInt16

  /// Makes a code.
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// The peer closed, or nothing else is to be said.
  public static let normal = CloseCode(rawValue: 1000)
  /// A client sends what no client needs to.
  public static let policy = CloseCode(rawValue: 1008)
  /// The server holds as much for its clients as it may (RFC 6455 §11.7, registered later).
  public static let tryAgainLater = CloseCode(rawValue: 1013)
  /// The server shuts down; reconnect and resume.
  public static let shutdown = CloseCode(rawValue: 3001)
  /// The client takes in too little of what it asked for; reconnect and resume.
  public static let slow = CloseCode(rawValue: 3008)
  /// No answer to a ping; reconnect and resume.
  public static let noPong = CloseCode(rawValue: 3012)
  /// What the client's token vouched for is over; reconnect with a newer one.
  public static let expired = CloseCode(rawValue: 3005)
  /// The topic's log has moved past a subscription that can't be told so; reconnect.
  public static let insufficientState = CloseCode(rawValue: 3010)
  /// The client's token is none, or not for this server.
  public static let invalidToken = CloseCode(rawValue: 3500)
  /// The client broke the protocol.
  public static let badRequest = CloseCode(rawValue: 3501)
  /// The client did not connect in time.
  public static let stale = CloseCode(rawValue: 3502)
  /// Somebody ended the connection by the server's API, for good.
  public static let forced = CloseCode(rawValue: 3503)

  /// What the close frame says.
  public var text: String {
    switch self {
    case .policy: "too many pings"
    case .tryAgainLater: "try again later"
    case .shutdown: "shutdown"
    case .slow: "slow"
    case .noPong: "no pong"
    case .expired: "expired"
    case .insufficientState: "insufficient state"
    case .invalidToken: "invalid token"
    case .badRequest: "bad request"
    case .stale: "stale"
    case .forced: "force disconnect"
    default: ""
    }
  }
}

/// Why the server ended a subscription: below 2500 for good, from 2500 the client resubscribes.
struct UnsubscribeCode: RawRepresentable, Hashable, Sendable {
  let rawValue: UInt16

  /// Entries were gone before they were sent; resubscribe to learn what can be recovered.
  static let insufficientState = UnsubscribeCode(rawValue: 2500)
  /// What the subscription's token vouched for is over; resubscribe with a newer one.
  static let expired = UnsubscribeCode(rawValue: 2501)
  /// The subscription's token was revoked.
  static let revoked = UnsubscribeCode(rawValue: 2001)
  /// Somebody ended it by the server's API, for good.
  static let server = UnsubscribeCode(rawValue: 2000)

  var text: String {
    switch self {
    case .insufficientState: "insufficient state"
    case .expired: "subscription expired"
    case .server: "server unsubscribe"
    case .revoked: "token revoked"
    default: ""
    }
  }
}

/// Why a command was refused.
struct ProtocolError: Error, Hashable, Sendable {
  let code: UInt16
  let message: String
  var isTemporary = false

  static let unauthorized = ProtocolError(code: 101, message: "unauthorized: connect first")
  static func unknownChannel(_ detail: String) -> ProtocolError {
    ProtocolError(code: 102, message: "unknown channel: \(detail)")
  }
  static func permissionDenied(_ detail: String) -> ProtocolError {
    ProtocolError(code: 103, message: "permission denied: \(detail)")
  }
  static func methodNotFound(_ name: String) -> ProtocolError {
    ProtocolError(code: 104, message: "method not found: \(name)")
  }
  static let alreadySubscribed = ProtocolError(code: 105, message: "already subscribed")
  static func limitExceeded(_ detail: String) -> ProtocolError {
    ProtocolError(code: 106, message: "limit exceeded: \(detail)")
  }
  static func badRequest(_ detail: String) -> ProtocolError {
    ProtocolError(code: 107, message: "bad request: \(detail)")
  }
  static func notAvailable(_ detail: String) -> ProtocolError {
    ProtocolError(code: 108, message: "not available: \(detail)")
  }
  static func unavailable(_ detail: String) -> ProtocolError {
    ProtocolError(code: 108, message: "not available now: \(detail)", isTemporary: true)
  }
  static let tokenExpired = ProtocolError(code: 109, message: "token expired: give a newer one")
  static func heldBack(_ detail: String) -> ProtocolError {
    ProtocolError(code: 111, message: "too many requests: \(detail)", isTemporary: true)
  }
  static let unrecoverable = ProtocolError(code: 112, message: "unrecoverable position")
}
