// SPDX-License-Identifier: Apache-2.0

/// Inflates the messages of one session as their bytes come (RFC 7692 §7.2.2).
///
/// It takes memory with the first compressed message, and gives it back after each where the other
/// side keeps no context.
struct WebSocketInflater: ~Copyable, Sendable {
  private let windowBits: Int
  private let keepsContext: Bool
  private var inflater: Inflater?

  /// Creates the inflater of the side `role`.
  init(_ agreed: PermessageDeflate, role: WebSocketRole) {
    switch role {
    case .server:
      (windowBits, keepsContext) = (agreed.clientWindowBits, !agreed.clientNoContextTakeover)
    case .client:
      (windowBits, keepsContext) = (agreed.serverWindowBits, !agreed.serverNoContextTakeover)
    }
  }

  /// Whether it holds a stream of zlib.
  var holdsMemory: Bool { inflater != nil }

  /// Gives the memory back; nothing will be inflated any more.
  mutating func releaseMemory() { inflater = nil }

  /// Appends what the next bytes of a message inflate to.
  mutating func inflate(
    _ bytes: ArraySlice<UInt8>,
    into message: inout [UInt8],
    limits: WebSocketLimits
  ) throws(WebSocketViolation) {
    let limit = limits.maximumMessageBytes
    if inflater == nil { inflater = Inflater(windowBits: windowBits) }
    do {
      try inflater?.inflate(bytes, into: &message, maximumBytes: limit)
    } catch {
      throw WebSocketViolation(error, limitBytes: limit)
    }
  }

  /// Ends a message.
  mutating func finish(
    into message: inout [UInt8],
    limits: WebSocketLimits
  ) throws(WebSocketViolation) {
    let limit = limits.maximumMessageBytes
    // A message without any byte has no block that could end.
    guard inflater != nil else { throw .invalidCompression }
    do {
      try inflater?.finish(into: &message, maximumBytes: limit)
    } catch {
      throw WebSocketViolation(error, limitBytes: limit)
    }
    if !keepsContext { inflater = nil }
  }
}

extension WebSocketLimits {
  /// What a message may have on the wire when it is compressed: an eighth more, as what cannot be
  /// compressed takes in fixed codes (RFC 1951 §3.2.6), and 1 KiB for block headers.
  ///
  /// Blocks may be empty, so what a message inflates to does not bound them.
  var maximumCompressedBytes: Int {
    let sum = maximumMessageBytes.addingReportingOverflow(maximumMessageBytes / 8 + 1024)
    return sum.overflow ? .max : sum.partialValue
  }
}

extension WebSocketViolation {
  fileprivate init(_ fault: InflateFault, limitBytes: Int) {
    switch fault {
    case .corrupt: self = .invalidCompression
    case .tooLarge: self = .messageTooLarge(limitBytes: limitBytes)
    }
  }
}
