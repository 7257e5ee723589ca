// SPDX-License-Identifier: Apache-2.0

/// What a server's bytes mean, in order.
public enum HTTPResponseEvent: Equatable, Sendable {
  /// An interim response (1xx but 101), which the final one follows.
  case interim(HTTPResponseHead)
  /// The final response begins.
  case head(HTTPResponseHead)
  /// The next piece of its body, never empty.
  case body(ArraySlice<UInt8>)
  /// The response is complete.
  case end(trailers: HTTPFields)
}

/// Turns the bytes of a connection into responses (RFC 9112), the client's side.
///
/// Tell it the method of each request sent; after a violation every further call throws it again.
public struct HTTPResponseDecoder: Sendable {
  private enum Phase {
    case statusLine
    case fields
    case body
    case switched
  }

  private struct StatusLine {
    var status = 0
    var reason = ""
    var minorVersion = 1
  }

  private let limits: HTTPLimits
  private var buffer = ReceiveBuffer()
  private var phase = Phase.statusLine
  private var line = StatusLine()
  private var fields = HTTPFieldReader(unfolds: true)
  private var body = HTTPBodyDecoder(.none, unfolds: true)
  private var methods: [String] = []
  private var framing = HTTPFraming.none
  private var hasEnded = false
  private var violation: HTTPViolation?

  private var isPersistent = true
  private var isTunnel = false

  /// Whether another request may follow on this connection once the current response has ended.
  ///
  /// Not when more has come than was asked for: it must not be taken for the answer to a later
  /// request (RFC 9112 §6.3).
  public var keepsAlive: Bool {
    isPersistent && (phase != .statusLine || buffer.isEmpty || !methods.isEmpty)
  }

  /// Creates a decoder for one connection.
  public init(limits: HTTPLimits = .init()) { self.limits = limits }

  /// How many bytes wait to be decoded.
  public var bufferedCount: Int { buffer.count }

  /// Announces that a request with `method` has been sent, since answers to HEAD have no body.
  ///
  /// A response that was not announced is read as the answer to a GET.
  public mutating func expectResponse(to method: String) { methods.append(method) }

  /// Takes bytes from the connection: an array, a slice or a raw buffer, which is copied.
  public mutating func receive(_ bytes: some Sequence<UInt8>) {
    guard violation == nil else { return }
    buffer.append(bytes)
  }

  /// Takes note that no more bytes will come, which ends some bodies.
  public mutating func receiveEnd() { hasEnded = true }

  /// Takes out the bytes not decoded, which belong to the next protocol after a 101, or to the
  /// tunnel that CONNECT opened.
  public mutating func takeBuffered() -> [UInt8] { buffer.takeAll() }

  /// The next event, or `nil` when more bytes are needed or all is over.
  ///
  /// - Throws: ``HTTPViolation``, the server's fault.
  public mutating func nextEvent() throws(HTTPViolation) -> HTTPResponseEvent? {
    if let violation { throw violation }
    do {
      if let event = try decode() { return event }
      return try hasEnded ? end() : nil
    } catch {
      violation = error
      isPersistent = false
      throw error
    }
  }

  private mutating func decode() throws(HTTPViolation) -> HTTPResponseEvent? {
    if phase == .statusLine {
      let limit = limits.maximumStartLineBytes
      let tooLong = HTTPViolation.startLineTooLong(limitBytes: limit)
      guard let range = try buffer.takeLine(limit: limit, tooLong: tooLong) else { return nil }
      line = try Self.parse(buffer.bytes[range])
      phase = .fields
    }
    if phase == .fields {
      guard let fields = try fields.read(from: &buffer, limits: limits) else { return nil }
      return try begin(fields)
    }
    guard phase == .body else { return nil }
    let part = try body.next(from: &buffer, maximumBytes: limits.maximumBodyBytes, limits: limits)
    switch part {
    case .bytes(let bytes): return .body(bytes)
    case .end(let trailers): return finish(trailers)
    case nil: return nil
    }
  }

  /// What the connection's end means where it came.
  private mutating func end() throws(HTTPViolation) -> HTTPResponseEvent? {
    isPersistent = false
    switch phase {
    case .statusLine where buffer.isEmpty, .switched: return nil
    case .body where framing == .untilClose: return finish(HTTPFields())
    case .statusLine, .fields, .body: throw .unexpectedEnd
    }
  }

  private mutating func finish(_ trailers: HTTPFields) -> HTTPResponseEvent {
    phase = isTunnel ? .switched : .statusLine
    return .end(trailers: trailers)
  }

  private mutating func begin(_ fields: HTTPFields) throws(HTTPViolation) -> HTTPResponseEvent {
    let head = HTTPResponseHead(
      status: line.status,
      reason: line.reason,
      fields: fields,
      minorVersion: line.minorVersion
    )
    if (100..<200).contains(head.status), head.status != 101 {
      phase = .statusLine
      return .interim(head)
    }
    let method = methods.isEmpty ? "GET" : methods.removeFirst()
    isTunnel = head.status == 101 || (method == "CONNECT" && (200..<300).contains(head.status))
    let hasNoBody = isTunnel || method == "HEAD" || head.status == 204 || head.status == 304
    // Some have no body whatever their fields say (RFC 9112 §6.3).
    framing =
      if hasNoBody {
        .none
      } else {
        try HTTPFraming(fields, minorVersion: head.minorVersion) ?? .untilClose
      }
    body = HTTPBodyDecoder(framing, unfolds: true)
    isPersistent = head.keepsAlive && framing != .untilClose && !isTunnel
    phase = .body
    return .head(head)
  }

  private static func parse(_ line: ArraySlice<UInt8>) throws(HTTPViolation) -> StatusLine {
    let parts = line.split(separator: ASCII.space, maxSplits: 2, omittingEmptySubsequences: false)
    let minorVersion = try parts[0].httpMinorVersion(otherwise: .malformedStatusLine)
    guard parts.count >= 2, parts[1].count == 3, parts[1].allSatisfy(\.isASCIIDigit),
      let status = Int(String(decoding: parts[1], as: UTF8.self)), status >= 100
    else { throw .malformedStatusLine }
    let reason = parts.count == 3 ? parts[2] : []
    guard reason.allSatisfy(\.isHTTPFieldContent) else {
      throw reason.contains(ASCII.carriageReturn) ? .bareLineBreak : .malformedStatusLine
    }
    return StatusLine(
      status: status,
      reason: String(decoding: reason, as: UTF8.self),
      minorVersion: minorVersion
    )
  }
}
