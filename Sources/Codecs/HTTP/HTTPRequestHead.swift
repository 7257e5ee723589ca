// SPDX-License-Identifier: Apache-2.0

/// The request line and the fields of an HTTP/1.x request (RFC 9112 §3).
public struct HTTPRequestHead: Equatable, Sendable {
  let line: HTTPRequestLine
  /// The fields.
  public var fields: HTTPFields

  /// Creates the head of a request to send.
  ///
  /// - Parameters:
  ///   - method: A token.
  ///   - target: A path with an optional query; bytes that must not stand in a target are percent-encoded.
  ///   - fields: The fields, `Host` among them.
  public init(method: String, target: String, fields: HTTPFields = .init()) {
    precondition(!method.isEmpty && method.utf8.allSatisfy(\.isHTTPToken), "a method is a token")
    let clean = PercentEncoding.encode(target, where: { !$0.isVisibleASCII })
    self.init(HTTPRequestLine(method: method, target: clean, minorVersion: 1), fields)
  }

  init(_ line: HTTPRequestLine, _ fields: HTTPFields) {
    self.line = line
    self.fields = fields
  }

  /// The method, as written; methods are case-sensitive.
  public var method: String { line.method }
  /// The target as received, percent-encoding included.
  public var target: String { line.target }
  /// The target's path, percent-encoding included; `/` when an absolute target has none.
  public var path: String { line.parts.path }
  /// What follows the target's first `?`, percent-encoding included; `nil` when there is none.
  public var query: String? { line.parts.query }
  /// The digit after `HTTP/1.`.
  public var minorVersion: Int { line.minorVersion }
  /// The host that an absolute target names, otherwise `nil`.
  var targetHost: String? { line.parts.host }

  /// The host and port that the request is for: those of an absolute target, whatever `Host` says,
  /// otherwise those of `Host` (RFC 9112 §3.2.2); `nil` when HTTP/1.0 names none.
  public var authority: String? { targetHost ?? fields["Host"] }

  /// Whether the connection stays open after the answer (RFC 9112 §9.3).
  public var keepsAlive: Bool { fields.keepsAlive(minorVersion: minorVersion) }

  /// Whether the client waits for a `100 Continue` before it sends the body (RFC 9110 §10.1.1).
  public var expectsContinue: Bool {
    minorVersion >= 1 && fields.contains("100-continue", in: "Expect")
  }

  /// The body's length in bytes when a field says so; a decoder has checked it.
  public var contentLength: Int? { fields.contentLength }

  /// Appends the head as it goes over the wire, up to and including the empty line.
  public func encode(into output: inout [UInt8]) {
    output.append(contentsOf: "\(method) \(target) HTTP/1.\(minorVersion)\r\n".utf8)
    fields.encode(into: &output)
    output.append(contentsOf: "\r\n".utf8)
  }
}

extension HTTPFields {
  func keepsAlive(minorVersion: Int) -> Bool {
    if contains("close", in: "Connection") { return false }
    return minorVersion >= 1 || contains("keep-alive", in: "Connection")
  }
}
