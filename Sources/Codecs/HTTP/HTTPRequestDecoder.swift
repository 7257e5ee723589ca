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
    var parts = TargetParts("")
    var minorVersion = 1

    /// Whether `line` says the same, as it mostly does on a connection: then nothing is made of it.
    func isWritten(as line: Span<UInt8>) -> Bool {
      let (method, target) = (method.utf8.span, target.utf8.span)
      let version = method.count + target.count + 2
      guard !target.isEmpty, line.count == version + 8,
        line[line.count - 1] == ASCII.zero + UInt8(minorVersion),
        line[method.count] == ASCII.space, line[version - 1] == ASCII.space
      else { return false }
      return line.equals(method, in: 0..<method.count)
        && line.equals(target, in: method.count + 1..<version - 1)
        && line.equals(RequestLine.version.span, in: version..<line.count - 1)
    }

    private static let version = Array("HTTP/1.".utf8)
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

  private mutating func decode() throws(HTTPViolation) -> HTTPRequestEvent? {
    if phase == .requestLine {
      guard let range = try nextRequestLine() else { return nil }
      if !line.isWritten(as: buffer.bytes.span.extracting(range)) {
        line = try Self.parse(buffer.bytes[range])
      }
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
      line.parts,
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
    guard let first = line.firstIndex(of: ASCII.space), first > line.startIndex,
      let second = line[(first + 1)...].firstIndex(of: ASCII.space),
      !line[(second + 1)...].contains(ASCII.space), line[..<first].allSatisfy(\.isHTTPToken)
    else { throw line.contains(ASCII.carriageReturn) ? .bareLineBreak : .malformedRequestLine }
    let target = line[(first + 1)..<second]
    let minorVersion = try line[(second + 1)...].httpMinorVersion(otherwise: .malformedRequestLine)
    guard !target.isEmpty,
      target.allSatisfy({ $0.isVisibleASCII && $0 != UInt8(ascii: "#") })
    else { throw target.contains(ASCII.carriageReturn) ? .bareLineBreak : .invalidTarget }
    let text = String(decoding: target, as: UTF8.self)
    return RequestLine(
      method: String(decoding: line[..<first], as: UTF8.self),
      target: text,
      parts: TargetParts(text),
      minorVersion: minorVersion
    )
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
