// SPDX-License-Identifier: Apache-2.0

/// The parameters of permessage-deflate that both sides agreed on (RFC 7692 §7.1).
///
/// Sessions whose ``serverWindowBits`` are equal may share frames that were compressed without
/// context, whatever else they agreed on.
public struct PermessageDeflate: Hashable, Sendable {
  static let name = "permessage-deflate"

  /// Whether the server compresses each message by itself.
  public var serverNoContextTakeover = false
  /// Whether the client compresses each message by itself.
  public var clientNoContextTakeover = false
  /// The bits of the server's window, 8 to 15; `nil` when nothing was said: 15.
  public var serverMaxWindowBits: Int?
  /// The bits of the client's window, 8 to 15; `nil` when nothing was said: 15.
  public var clientMaxWindowBits: Int?

  /// Creates the parameters that hold when none are given.
  public init() {}

  /// How far back the server's messages refer at most, as a power of 2 in bytes.
  public var serverWindowBits: Int { serverMaxWindowBits ?? 15 }

  /// How far back the client's messages refer at most, as a power of 2 in bytes.
  public var clientWindowBits: Int { clientMaxWindowBits ?? 15 }

  /// The value of `Sec-WebSocket-Extensions` with which a server accepts.
  public var answer: String {
    var parts = [Self.name]
    if serverNoContextTakeover { parts.append("server_no_context_takeover") }
    if clientNoContextTakeover { parts.append("client_no_context_takeover") }
    if let serverMaxWindowBits { parts.append("server_max_window_bits=\(serverMaxWindowBits)") }
    if let clientMaxWindowBits { parts.append("client_max_window_bits=\(clientMaxWindowBits)") }
    return parts.joined(separator: "; ")
  }
}

/// The parameters of one offer or answer, checked one by one (RFC 7692 §7.1).
struct PermessageDeflateParameters {
  /// A window as its parameter gives it; only an offer may leave the client's window open.
  enum Window: Equatable {
    case absent
    case open
    case bits(Int)
  }

  private(set) var serverNoContextTakeover = false
  private(set) var clientNoContextTakeover = false
  private(set) var serverMaxWindowBits = Window.absent
  private(set) var clientMaxWindowBits = Window.absent

  /// Reads an element; `nil` when a parameter is unknown, repeated or has an invalid value.
  init?(_ element: WebSocketExtension, isOffer: Bool) {
    guard element.name == PermessageDeflate.name else { return nil }
    var seen: Set<String> = []
    for parameter in element.parameters {
      guard seen.insert(parameter.name).inserted else { return nil }
      switch (parameter.name, parameter.value) {
      case ("server_no_context_takeover", nil): serverNoContextTakeover = true
      case ("client_no_context_takeover", nil): clientNoContextTakeover = true
      case ("client_max_window_bits", nil) where isOffer: clientMaxWindowBits = .open
      case ("server_max_window_bits", let value?):
        guard let bits = Self.windowBits(value) else { return nil }
        serverMaxWindowBits = .bits(bits)
      case ("client_max_window_bits", let value?):
        guard let bits = Self.windowBits(value) else { return nil }
        clientMaxWindowBits = .bits(bits)
      default: return nil
      }
    }
  }

  /// A number from 8 to 15 without leading zeros.
  private static func windowBits(_ text: String) -> Int? {
    (8...15).first { text == String($0) }
  }
}
