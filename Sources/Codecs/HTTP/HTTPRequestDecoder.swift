// SPDX-License-Identifier: Apache-2.0

/// What a client's bytes mean, in order: a head, pieces of a body, an end, the next head.
public enum HTTPRequestEvent: Equatable, Sendable {
  /// A request begins.
  case head(HTTPRequestHead)
  /// The next piece of its body, never empty.
  case body(ArraySlice<UInt8>)
  /// The request is complete.
  case end(trailers: HTTPFields)
}

/// Turns the bytes of a connection into requests (RFC 9112), the server's side.
///
/// Requests may be pipelined: take events while you can answer, leave the rest. After a violation
/// every further call throws it again.
public struct HTTPRequestDecoder: Sendable {
  private enum Phase {
    case requestLine
    case fields
    case body
  }

  private let limits: HTTPLimits
  private var buffer = ReceiveBuffer()
  private var phase = Phase.requestLine
  private var line: HTTPRequestLine?
  private var usual: HTTPUsualHead?
  private var fields = HTTPFieldReader()
  private var body = HTTPBodyDecoder(.none)
  private var violation: HTTPViolation?
  private var hasSkippedEmptyLine = false

  /// Largest body of the current request, in bytes; `nil` for no limit.
  ///
  /// Each head sets it back to the limits' value; change it between the head and the next event.
  public var maximumBodyBytes: Int?

  /// How long the body of the last head is, in bytes; `nil` where it does not say so beforehand.
  public private(set) var announcedBodyBytes: Int? = 0

  /// Whether the last head said the same as the one before it, but for the length of the body.
  public private(set) var repeatsHead = false

  /// Creates a decoder for one connection.
  public init(limits: HTTPLimits = .init()) {
    self.limits = limits
    maximumBodyBytes = limits.maximumBodyBytes
  }

  /// How many bytes wait to be decoded.
  public var bufferedCount: Int { buffer.count }

  /// How many bytes are kept of a request that is not whole: those, and the fields of its head.
  public var heldCount: Int { buffer.count + fields.byteCount }

  /// Whether nothing of a request has come since the last one ended.
  public var isIdle: Bool { phase == .requestLine && buffer.isEmpty }

  /// Takes bytes from the connection: an array, a slice or a raw buffer, which is copied.
  public mutating func receive(_ bytes: some Sequence<UInt8>) {
    guard violation == nil else { return }
    buffer.append(bytes)
  }

  /// Takes bytes from the connection, which are copied.
  public mutating func receive(_ bytes: [UInt8]) {
    guard violation == nil else { return }
    buffer.append(bytes)
  }

  /// Takes out the bytes not decoded, which belong to the next protocol after an upgrade.
  public mutating func takeBuffered() -> [UInt8] { buffer.takeAll() }

  /// The next event, or `nil` when more bytes are needed.
  ///
  /// - Throws: ``HTTPViolation``, the client's fault.
  public mutating func nextEvent() throws(HTTPViolation) -> HTTPRequestEvent? {
    if let violation { throw violation }
    do {
      return try decode()
    } catch {
      violation = error
      throw error
    }
  }

  /// The next request as a whole, if its head says the same as the last one and all of its body is
  /// there already: for who has nothing to decide in between.
  ///
  /// - Parameter maximumBytes: Longest body to take, in bytes.
  /// - Returns: `nil` where that is not so: ask for the next event.
  public mutating func nextRepeatedRequest(
    maximumBytes: Int
  ) -> (head: HTTPRequestHead, body: [UInt8])? {
    guard violation == nil, phase == .requestLine, !hasSkippedEmptyLine, let usual,
      let (head, framing) = usual.repeated(in: buffer), case .length(let length) = framing,
      length <= maximumBytes, usual.bytes.count + length <= buffer.count
    else { return nil }
    buffer.consume(usual.bytes.count)
    let body = Array(buffer.take(length))
    buffer.reclaim()
    (repeatsHead, announcedBodyBytes) = (true, length)
    return (head, body)
  }

  private mutating func decode() throws(HTTPViolation) -> HTTPRequestEvent? {
    if phase == .requestLine, let head = repeated() { return .head(head) }
    let start = phase == .requestLine ? buffer.start : nil
    if phase == .requestLine {
      guard let range = try nextRequestLine() else { return nil }
      if line?.isWritten(as: buffer.bytes.span.extracting(range)) != true {
        line = try HTTPRequestLine.parse(buffer.bytes[range])
      }
      phase = .fields
    }
    if phase == .fields {
      guard let fields = try fields.read(from: &buffer, limits: limits), let line else {
        return nil
      }
      let head = HTTPRequestHead(line, fields)
      let framing = try begin(head)
      // One without a body that asks for another protocol is most likely the last one.
      let isLast = framing == .none && fields.bytes(of: "Upgrade") != nil
      usual =
        hasSkippedEmptyLine || isLast
        ? nil : start.flatMap { HTTPUsualHead(buffer.bytes[$0..<buffer.start], head, framing) }
      return .head(head)
    }
    switch try body.next(from: &buffer, maximumBytes: maximumBodyBytes, limits: limits) {
    case .bytes(let bytes): return .body(bytes)
    case .end(let trailers):
      phase = .requestLine
      hasSkippedEmptyLine = false
      buffer.reclaim()
      return .end(trailers: trailers)
    case nil: return nil
    }
  }

  /// The next head, if it is written as the last one, which was checked.
  private mutating func repeated() -> HTTPRequestHead? {
    // An empty line before it was skipped already: one more is none that may be.
    guard !hasSkippedEmptyLine, let usual, let again = usual.repeated(in: buffer) else {
      return nil
    }
    buffer.consume(usual.bytes.count)
    start(again.framing)
    repeatsHead = true
    return again.head
  }

  /// The next line, after at most one empty line (RFC 9112 §2.2).
  private mutating func nextRequestLine() throws(HTTPViolation) -> Range<Int>? {
    let limit = limits.maximumStartLineBytes
    let tooLong = HTTPViolation.startLineTooLong(limitBytes: limit)
    guard let line = try buffer.takeLine(limit: limit, tooLong: tooLong) else { return nil }
    guard line.isEmpty, !hasSkippedEmptyLine else { return line }
    hasSkippedEmptyLine = true
    return try buffer.takeLine(limit: limit, tooLong: tooLong)
  }

  /// Checks a head and begins its body.
  private mutating func begin(_ head: HTTPRequestHead) throws(HTTPViolation) -> HTTPFraming {
    try Self.check(head)
    let framing = try HTTPFraming(head.fields, minorVersion: head.minorVersion) ?? .none
    start(framing)
    repeatsHead = false
    return framing
  }

  private mutating func start(_ framing: HTTPFraming) {
    body = HTTPBodyDecoder(framing)
    announcedBodyBytes =
      switch framing {
      case .none: 0
      case .length(let count): count
      case .chunked, .untilClose: nil
      }
    maximumBodyBytes = limits.maximumBodyBytes
    phase = .body
  }

  /// Checks the target's form and the Host (RFC 9112 §3.2).
  private static func check(_ head: HTTPRequestHead) throws(HTTPViolation) {
    guard head.method != "CONNECT" else { throw .unsupportedMethod }
    let isServerWide = head.method == "OPTIONS" && head.target == "*"
    guard head.path.utf8.first == ASCII.slash || isServerWide else { throw .invalidTarget }
    let hostCount = head.fields.count(of: "Host")
    guard hostCount == 1 || (hostCount == 0 && head.minorVersion == 0) else {
      throw .missingOrRepeatedHost
    }
    if let host = head.fields.bytes(of: "Host"), HTTPHost(host) == nil { throw .invalidHost }
    guard let named = head.targetHost else { return }
    guard let host = HTTPHost(named), host.isNamed else { throw .invalidHost }
  }
}
