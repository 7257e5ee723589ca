// SPDX-License-Identifier: Apache-2.0

/// Why an HTTP exchange does not open a WebSocket.
public enum WebSocketHandshakeViolation: Error, Equatable, Sendable {
  /// The request is not a GET of HTTP/1.1 that asks for an upgrade to `websocket`.
  case notAnUpgrade
  /// The version is not 13.
  case unsupportedVersion
  /// The key is missing, repeated or not 16 bytes in Base 64.
  case invalidKey
  /// The server did not answer 101 with an upgrade to `websocket`.
  case refused(status: Int)
  /// The server's answer does not belong to the key.
  case wrongAccept
  /// The server chose a subprotocol or an extension that was not offered.
  case notOffered
  /// The extensions do not conform to their grammar, or an answer has a parameter it must not have.
  case invalidExtensions

  /// The status to answer with; 426 goes with ``WebSocketHandshake/upgradeRequiredFields``.
  public var suggestedStatus: Int {
    switch self {
    case .notAnUpgrade, .unsupportedVersion: 426
    case .invalidKey, .refused, .wrongAccept, .notOffered, .invalidExtensions: 400
    }
  }
}

extension WebSocketHandshakeViolation: CustomStringConvertible {
  /// What is wrong, for the person who wrote the other side.
  public var description: String {
    switch self {
    case .notAnUpgrade: "the request does not ask for an upgrade to websocket"
    case .unsupportedVersion: "the Sec-WebSocket-Version is not 13"
    case .invalidKey: "the Sec-WebSocket-Key is not 16 bytes in Base 64"
    case .refused(let status): "the server answered \(status) instead of 101"
    case .wrongAccept: "the Sec-WebSocket-Accept does not belong to the key"
    case .notOffered: "the server chose a subprotocol or extension that was not offered"
    case .invalidExtensions: "the Sec-WebSocket-Extensions are invalid"
    }
  }
}

/// The HTTP exchange that opens a WebSocket (RFC 6455 §4).
///
/// SHA-1 is the caller's, so that this room needs no cryptography.
public enum WebSocketHandshake {
  /// What belongs into a 426 answer.
  public static let upgradeRequiredFields: HTTPFields = [
    "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
  ]

  /// Checks a client's request and returns its key.
  ///
  /// - Throws: ``WebSocketHandshakeViolation``, the client's fault.
  public static func validate(
    _ head: HTTPRequestHead
  ) throws(WebSocketHandshakeViolation) -> String {
    guard head.method == "GET", head.minorVersion >= 1, isUpgrade(head.fields) else {
      throw .notAnUpgrade
    }
    guard head.fields.count(of: "Sec-WebSocket-Version") == 1,
      head.fields.bytes(of: "Sec-WebSocket-Version")?.elementsEqual("13".utf8) == true
    else { throw .unsupportedVersion }
    guard head.fields.count(of: "Sec-WebSocket-Key") == 1,
      let key = head.fields.bytes(of: "Sec-WebSocket-Key"),
      Base64.isEncoding(key, ofByteCount: 16)
    else { throw .invalidKey }
    return String(decoding: key, as: UTF8.self)
  }

  /// The subprotocols a client offers, the one it likes best first.
  public static func subprotocols(of head: HTTPRequestHead) -> [String] {
    guard head.fields.bytes(of: "Sec-WebSocket-Protocol") != nil else { return [] }
    return head.fields.values(of: "Sec-WebSocket-Protocol").flatMap { list in
      Array(list.utf8).split(separator: ASCII.comma).map {
        String(decoding: $0.trimmingHTTPWhitespace, as: UTF8.self)
      }
    }
  }

  // RFC 6455 §1.3.
  private static let magic = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
  // Made once: every answer begins with them.
  private static let upgradeFields: HTTPFields = ["Upgrade": "websocket", "Connection": "Upgrade"]

  /// What the server answers to `key`, given a function that computes SHA-1.
  public static func acceptValue(key: String, sha1: ([UInt8]) -> [UInt8]) -> String {
    var text = Array(key.utf8)
    text.append(contentsOf: magic)
    return Base64.encode(sha1(text))
  }

  /// The server's answer, after ``validate(_:)`` returned `key`.
  ///
  /// - Parameters:
  ///   - key: The client's key.
  ///   - subprotocol: The one chosen of those offered; `nil` for none.
  ///   - compression: What ``PermessageDeflateSettings/accept(_:)`` returned; `nil` for none.
  ///   - sha1: A function that computes SHA-1.
  /// - Returns: A head with status 101.
  public static func response(
    key: String,
    subprotocol: String? = nil,
    compression: PermessageDeflate? = nil,
    sha1: ([UInt8]) -> [UInt8]
  ) -> HTTPResponseHead {
    var fields = upgradeFields
    fields.append("Sec-WebSocket-Accept", acceptValue(key: key, sha1: sha1))
    if let subprotocol { fields.append("Sec-WebSocket-Protocol", subprotocol) }
    if let compression { fields.append("Sec-WebSocket-Extensions", compression.answer) }
    return HTTPResponseHead(status: 101, fields: fields)
  }

  /// A client's request.
  ///
  /// - Parameters:
  ///   - target: The path with an optional query.
  ///   - host: The host and the port, if it is not the scheme's.
  ///   - key: 16 random bytes in Base 64.
  ///   - subprotocols: Those offered, the best first. Default none.
  ///   - compression: What to offer of permessage-deflate; `nil`, the default, for nothing.
  /// - Returns: The head to send.
  public static func request(
    target: String,
    host: String,
    key: String,
    subprotocols: [String] = [],
    compression: PermessageDeflateSettings? = nil
  ) -> HTTPRequestHead {
    var fields: HTTPFields = ["Host": host, "Upgrade": "websocket", "Connection": "Upgrade"]
    fields.append("Sec-WebSocket-Version", "13")
    fields.append("Sec-WebSocket-Key", key)
    if !subprotocols.isEmpty {
      fields.append("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))
    }
    if let compression { fields.append("Sec-WebSocket-Extensions", compression.offer) }
    return HTTPRequestHead(method: "GET", target: target, fields: fields)
  }

  /// Checks the server's answer to ``request(target:host:key:subprotocols:compression:)`` and
  /// returns the subprotocol it chose.
  ///
  /// Where compression was offered, ``PermessageDeflateSettings/agreement(with:)`` tells what holds.
  /// - Throws: ``WebSocketHandshakeViolation``, the server's fault.
  public static func validate(
    response: HTTPResponseHead,
    key: String,
    subprotocols: [String] = [],
    compression: PermessageDeflateSettings? = nil,
    sha1: ([UInt8]) -> [UInt8]
  ) throws(WebSocketHandshakeViolation) -> String? {
    guard response.status == 101, isUpgrade(response.fields) else {
      throw .refused(status: response.status)
    }
    let accepts = response.fields.values(of: "Sec-WebSocket-Accept")
    guard accepts == [acceptValue(key: key, sha1: sha1)] else { throw .wrongAccept }
    let chosen = response.fields.values(of: "Sec-WebSocket-Protocol")
    guard chosen.count <= 1, chosen.allSatisfy(subprotocols.contains) else { throw .notOffered }
    if let compression {
      _ = try compression.agreement(with: response)
    } else if response.fields["Sec-WebSocket-Extensions"] != nil {
      throw .notOffered
    }
    return chosen.first
  }

  private static func isUpgrade(_ fields: HTTPFields) -> Bool {
    fields.contains("websocket", in: "Upgrade") && fields.contains("upgrade", in: "Connection")
  }
}
