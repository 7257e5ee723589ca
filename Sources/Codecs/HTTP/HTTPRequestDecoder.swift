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

  private struct RequestLine {
    var method = ""
    var target = ""
    var minorVersion = 1
  }

  private let limits: HTTPLimits
  private var buffer = ReceiveBuffer()
  private var phase = Phase.requestLine
  private var line = RequestLine()
  private var fields = HTTPFieldReader()
  private var body = HTTPBodyDecoder(.none)
  private var violation: HTTPViolation?
  private var hasSkippedEmptyLine = false

  /// Largest body of the current request, in bytes; `nil` for no limit.
  ///
  /// Each head sets it back to the limits' value; change it between the head and the next event.
  public var maximumBodyBytes: Int?

  /// Creates a decoder for one connection.
  public init(limits: HTTPLimits = .init()) {
    self.limits = limits
    maximumBodyBytes = limits.maximumBodyBytes
  }

  /// How many bytes wait to be decoded.
  public var bufferedCount: Int { buffer.count }

  /// Whether nothing of a request has come since the last one ended.
  public var isIdle: Bool { phase == .requestLine && buffer.isEmpty }

  /// Takes bytes from the connection: an array, a slice or a raw buffer, which is copied.
  public mutating func receive(_ bytes: some Sequence<UInt8>) {
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

  private mutating func decode() throws(HTTPViolation) -> HTTPRequestEvent? {
    if phase == .requestLine {
      guard let range = try nextRequestLine() else { return nil }
      line = try Self.parse(buffer.bytes[range])
      phase = .fields
    }
    if phase == .fields {
      guard let fields = try fields.read(from: &buffer, limits: limits) else { return nil }
      return .head(try begin(fields))
    }
    switch try body.next(from: &buffer, maximumBytes: maximumBodyBytes, limits: limits) {
    case .bytes(let bytes): return .body(bytes)
    case .end(let trailers):
      phase = .requestLine
      hasSkippedEmptyLine = false
      return .end(trailers: trailers)
    case nil: return nil
    }
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

  private mutating func begin(_ fields: HTTPFields) throws(HTTPViolation) -> HTTPRequestHead {
    let head = HTTPRequestHead(
      method: line.method,
      validatedTarget: line.target,
      minorVersion: line.minorVersion,
      fields: fields
    )
    try Self.check(head)
    body = HTTPBodyDecoder(try HTTPFraming(fields, minorVersion: head.minorVersion) ?? .none)
    maximumBodyBytes = limits.maximumBodyBytes
    phase = .body
    return head
  }

  private static func parse(_ line: ArraySlice<UInt8>) throws(HTTPViolation) -> RequestLine {
    let parts = line.split(separator: ASCII.space, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(\.isHTTPToken) else {
      throw line.contains(ASCII.carriageReturn) ? .bareLineBreak : .malformedRequestLine
    }
    let minorVersion = try parts[2].httpMinorVersion(otherwise: .malformedRequestLine)
    guard !parts[1].isEmpty,
      parts[1].allSatisfy({ $0.isVisibleASCII && $0 != UInt8(ascii: "#") })
    else { throw parts[1].contains(ASCII.carriageReturn) ? .bareLineBreak : .invalidTarget }
    return RequestLine(
      method: String(decoding: parts[0], as: UTF8.self),
      target: String(decoding: parts[1], as: UTF8.self),
      minorVersion: minorVersion
    )
  }

  /// Checks the target's form and the Host (RFC 9112 §3.2).
  private static func check(_ head: HTTPRequestHead) throws(HTTPViolation) {
    guard head.method != "CONNECT" else { throw .unsupportedMethod }
    let isServerWide = head.method == "OPTIONS" && head.target == "*"
    guard head.path.utf8.first == ASCII.slash || isServerWide else { throw .invalidTarget }
    let hosts = head.fields.values(of: "Host")
    guard hosts.count == 1 || (hosts.isEmpty && head.minorVersion == 0) else {
      throw .missingOrRepeatedHost
    }
    if let host = hosts.first, HTTPHost(host) == nil { throw .invalidHost }
    guard let named = head.targetHost else { return }
    guard let host = HTTPHost(named), host.isNamed else { throw .invalidHost }
  }
}

extension ArraySlice<UInt8> {
  /// The minor version of `HTTP/1.digit`.
  func httpMinorVersion(otherwise malformed: HTTPViolation) throws(HTTPViolation) -> Int {
    guard count == 8, starts(with: "HTTP/".utf8), self[startIndex + 5].isASCIIDigit,
      self[startIndex + 6] == ASCII.dot, self[startIndex + 7].isASCIIDigit
    else { throw contains(ASCII.carriageReturn) ? .bareLineBreak : malformed }
    guard self[startIndex + 5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
    return Int(self[startIndex + 7] - ASCII.zero)
  }
}
