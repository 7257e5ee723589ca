// SPDX-License-Identifier: Apache-2.0

/// Turns the bytes of a connection, after the handshake, into WebSocket messages (RFC 6455), inflated
/// where both sides agreed on it (RFC 7692).
///
/// Payloads are unmasked and text is checked as they arrive. After a violation every further call
/// throws it again; after a close nothing follows. It belongs to one connection, so it cannot be
/// copied.
public struct WebSocketDecoder: ~Copyable, Sendable {
  private enum Phase {
    case header
    case control(WebSocketFrameHeader)
    case data(isFinal: Bool)
    case closed
  }

  private let role: WebSocketRole
  private let limits: WebSocketLimits
  private var buffer = ReceiveBuffer()
  private var phase = Phase.header
  /// Payload bytes of a data frame still to come, and how they are masked.
  private var remaining = 0
  private var mask = WebSocketMask(key: 0)
  private var message = WebSocketMessage()
  private let agreesOnCompression: Bool
  private var inflater: WebSocketInflater
  private var violation: WebSocketViolation?

  /// Creates a decoder for one connection.
  ///
  /// - Parameters:
  ///   - role: The side that decodes.
  ///   - limits: Bounds on messages, those that were compressed as they are when inflated.
  ///   - compression: What both sides agreed on; `nil` when messages must not be compressed.
  public init(
    role: WebSocketRole,
    limits: WebSocketLimits = .init(),
    compression: PermessageDeflate? = nil
  ) {
    self.role = role
    self.limits = limits
    agreesOnCompression = compression != nil
    inflater = WebSocketInflater(compression ?? .init(), role: role)
  }

  /// How many bytes wait to be decoded, without those of the message under way.
  public var bufferedCount: Int { buffer.count }

  /// How many bytes are held: those that wait to be decoded, and of the message under way.
  public var heldCount: Int { buffer.count + message.heldCount }

  /// Whether memory is held to inflate messages: about 40 KiB, not before a compressed message came
  /// and, where the other side keeps no context, not between messages.
  public var holdsInflater: Bool { inflater.holdsMemory }

  /// Takes bytes from the connection: an array, a slice or a raw buffer, which is copied.
  public mutating func receive(_ bytes: some Sequence<UInt8>) {
    if case .closed = phase { return }
    buffer.append(bytes)
  }

  /// The next event, or `nil` when more bytes are needed or the other side has closed.
  ///
  /// - Throws: ``WebSocketViolation``, the other side's fault.
  public mutating func nextEvent() throws(WebSocketViolation) -> WebSocketEvent? {
    if let violation { throw violation }
    do {
      return try decode()
    } catch {
      violation = error
      close()
      throw error
    }
  }

  private mutating func decode() throws(WebSocketViolation) -> WebSocketEvent? {
    while true {
      switch phase {
      case .header:
        let header = try WebSocketFrameHeader.take(
          from: &buffer,
          role: role,
          mayCompress: agreesOnCompression
        )
        guard let header else { return nil }
        try begin(header)
      case .control(let header):
        guard buffer.count >= header.length else { return nil }
        phase = .header
        return try takeControl(header)
      case .data(let isFinal):
        guard try takePayload() else { return nil }
        phase = .header
        if isFinal { return try message.finish(inflater: &inflater, limits: limits) }
      case .closed:
        return nil
      }
    }
  }

  private mutating func begin(_ header: WebSocketFrameHeader) throws(WebSocketViolation) {
    if header.opcode.isControl {
      phase = .control(header)
    } else {
      try message.begin(header, limits: limits)
      (remaining, mask) = (header.length, header.mask)
      phase = .data(isFinal: header.isFinal)
    }
  }

  /// Moves what has come of a payload into the message; true once the frame is complete.
  private mutating func takePayload() throws(WebSocketViolation) -> Bool {
    let count = min(remaining, buffer.count)
    let received = buffer.start..<buffer.start + count
    if count > 0 {
      try message.append(
        buffer.bytes,
        in: received,
        mask: &mask,
        inflater: &inflater,
        limits: limits
      )
    }
    buffer.consume(count)
    remaining -= count
    return remaining == 0
  }

  private mutating func takeControl(
    _ header: WebSocketFrameHeader
  ) throws(WebSocketViolation) -> WebSocketEvent {
    var payload: [UInt8] = []
    var mask = header.mask
    mask.append(buffer.bytes, in: buffer.start..<buffer.start + header.length, to: &payload)
    buffer.consume(header.length)
    switch header.opcode {
    case .ping: return .ping(payload)
    case .pong: return .pong(payload)
    default: return try takeClose(payload)
    }
  }

  private mutating func takeClose(
    _ payload: [UInt8]
  ) throws(WebSocketViolation) -> WebSocketEvent {
    defer { close() }
    guard !payload.isEmpty else { return .close(code: nil, reason: "") }
    guard payload.count >= 2 else { throw .invalidCloseCode }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    guard WebSocketFrame.mayCarry(closeCode: code) else { throw .invalidCloseCode }
    guard let reason = String(validating: payload[2...], as: UTF8.self) else {
      throw .invalidUTF8
    }
    return .close(code: code, reason: reason)
  }

  /// Gives up the memory; nothing will be decoded any more.
  private mutating func close() {
    phase = .closed
    buffer = ReceiveBuffer()
    message = WebSocketMessage()
    inflater.releaseMemory()
  }
}
