// SPDX-License-Identifier: Apache-2.0

/// What one side wants of permessage-deflate, and how it agrees with the other (RFC 7692 §5, §7.1).
///
/// The defaults suit a server of many sessions: a frame compressed once serves them all, and no
/// session holds a window between messages.
public struct PermessageDeflateSettings: Hashable, Sendable {
  /// Whether the server is to compress each message by itself.
  ///
  /// Default true: no compressor (256 KiB with a window of 15 bits) for each session.
  public var serverNoContextTakeover = true
  /// Whether the client is to compress each message by itself.
  ///
  /// Default true: no window (40 KiB) for each session between messages.
  public var clientNoContextTakeover = true
  /// The most bits for the server's window, 8 to 15.
  ///
  /// Default 15.
  public var serverMaxWindowBits = 15
  /// The most bits for the client's window, 8 to 15.
  ///
  /// Default 15. A server can only ask for fewer than 15 where the client offers it, and takes 15 otherwise.
  public var clientMaxWindowBits = 15

  /// Creates settings with the defaults.
  public init() {}

  // MARK: The server's side

  /// Accepts the first acceptable offer of a client's request, in the client's order.
  ///
  /// Offers with unknown, repeated or invalid parameters and other extensions are passed over.
  /// - Returns: What holds for the session, to be answered; `nil` to go on without compression.
  /// - Throws: ``WebSocketHandshakeViolation/invalidExtensions`` when the field does not conform to
  ///   its grammar, the client's fault.
  public func accept(
    _ head: HTTPRequestHead
  ) throws(WebSocketHandshakeViolation) -> PermessageDeflate? {
    guard let offers = WebSocketExtension.list(in: head.fields) else { throw .invalidExtensions }
    for offer in offers {
      if let parameters = PermessageDeflateParameters(offer, isOffer: true) {
        return accept(parameters)
      }
    }
    return nil
  }

  private func accept(_ offer: PermessageDeflateParameters) -> PermessageDeflate {
    var agreed = PermessageDeflate()
    agreed.serverNoContextTakeover = serverNoContextTakeover || offer.serverNoContextTakeover
    agreed.clientNoContextTakeover = clientNoContextTakeover || offer.clientNoContextTakeover
    switch offer.serverMaxWindowBits {
    case .bits(let bits): agreed.serverMaxWindowBits = min(bits, serverMaxWindowBits)
    case .absent, .open:
      agreed.serverMaxWindowBits = serverMaxWindowBits < 15 ? serverMaxWindowBits : nil
    }
    switch offer.clientMaxWindowBits {
    case .bits(let bits): agreed.clientMaxWindowBits = min(bits, clientMaxWindowBits)
    case .open: agreed.clientMaxWindowBits = clientMaxWindowBits < 15 ? clientMaxWindowBits : nil
    case .absent: break
    }
    return agreed
  }

  // MARK: The client's side

  /// The value of `Sec-WebSocket-Extensions` with which a client offers this.
  public var offer: String {
    var parts = [PermessageDeflate.name]
    if serverNoContextTakeover { parts.append("server_no_context_takeover") }
    if clientNoContextTakeover { parts.append("client_no_context_takeover") }
    if serverMaxWindowBits < 15 { parts.append("server_max_window_bits=\(serverMaxWindowBits)") }
    // Offered in any case, so that the server may ask for a smaller window.
    let clientBits = clientMaxWindowBits < 15 ? "=\(clientMaxWindowBits)" : ""
    parts.append("client_max_window_bits\(clientBits)")
    return parts.joined(separator: "; ")
  }

  /// Checks a server's answer to ``offer``.
  ///
  /// - Returns: What holds for the session; `nil` when the server goes on without compression.
  /// - Throws: ``WebSocketHandshakeViolation``, the server's fault; the connection must be closed.
  public func agreement(
    with response: HTTPResponseHead
  ) throws(WebSocketHandshakeViolation) -> PermessageDeflate? {
    guard let answers = WebSocketExtension.list(in: response.fields) else {
      throw .invalidExtensions
    }
    guard let answer = answers.first else { return nil }
    guard answers.count == 1, answer.name == PermessageDeflate.name else { throw .notOffered }
    guard let parameters = PermessageDeflateParameters(answer, isOffer: false) else {
      throw .invalidExtensions
    }
    return try agreement(with: parameters)
  }

  private func agreement(
    with answer: PermessageDeflateParameters
  ) throws(WebSocketHandshakeViolation) -> PermessageDeflate {
    var agreed = PermessageDeflate()
    guard answer.serverNoContextTakeover || !serverNoContextTakeover else { throw .notOffered }
    agreed.serverNoContextTakeover = answer.serverNoContextTakeover
    agreed.clientNoContextTakeover = clientNoContextTakeover || answer.clientNoContextTakeover
    switch answer.serverMaxWindowBits {
    case .bits(let bits) where bits <= serverMaxWindowBits: agreed.serverMaxWindowBits = bits
    case .absent where serverMaxWindowBits == 15: break
    case .bits, .absent, .open: throw .notOffered
    }
    switch answer.clientMaxWindowBits {
    case .bits(let bits) where bits <= clientMaxWindowBits: agreed.clientMaxWindowBits = bits
    case .absent: agreed.clientMaxWindowBits = clientMaxWindowBits < 15 ? clientMaxWindowBits : nil
    case .bits, .open: throw .notOffered
    }
    return agreed
  }
}
