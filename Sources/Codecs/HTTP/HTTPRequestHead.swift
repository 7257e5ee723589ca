// SPDX-License-Identifier: Apache-2.0

/// The request line and the fields of an HTTP/1.x request (RFC 9112 §3).
public struct HTTPRequestHead: Equatable, Sendable {
  /// The method, as written; methods are case-sensitive.
  public let method: String
  /// The target as received, percent-encoding included.
  public let target: String
  /// The target's path, percent-encoding included; `/` when an absolute target has none.
  public let path: String
  /// What follows the target's first `?`, percent-encoding included; `nil` when there is none.
  public let query: String?
  /// The fields.
  public var fields: HTTPFields
  /// The digit after `HTTP/1.`.
  public let minorVersion: Int
  /// The host that an absolute target names, otherwise `nil`.
  let targetHost: String?

  /// Creates the head of a request to send.
  ///
  /// - Parameters:
  ///   - method: A token.
  ///   - target: A path with an optional query; bytes that must not stand in a target are percent-encoded.
  ///   - fields: The fields, `Host` among them.
  public init(method: String, target: String, fields: HTTPFields = .init()) {
    precondition(!method.isEmpty && method.utf8.allSatisfy(\.isHTTPToken), "a method is a token")
    let clean = PercentEncoding.encode(target, where: { !$0.isVisibleASCII })
    let parts = TargetParts(clean)
    self.init(method: method, validatedTarget: clean, parts, minorVersion: 1, fields: fields)
  }

  init(
    method: String,
    validatedTarget target: String,
    _ parts: TargetParts,
    minorVersion: Int,
    fields: HTTPFields
  ) {
    self.method = method
    self.target = target
    self.path = parts.path
    self.query = parts.query
    self.targetHost = parts.host
    self.minorVersion = minorVersion
    self.fields = fields
  }

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

/// The parts of an origin-form or absolute-form target (RFC 9112 §3.2).
struct TargetParts: Sendable {
  let host: String?
  let path: String
  let query: String?

  init(_ target: String) {
    // The usual form, a path alone, needs no second string.
    if target.utf8.first == ASCII.slash,
      target.utf8.span.firstIndex(of: UInt8(ascii: "?"), from: 0) == nil
    {
      (host, path, query) = (nil, target, nil)
      return
    }
    var rest = target[...]
    var host: String?
    if rest.utf8.first != ASCII.slash, let scheme = Self.schemeEnd(rest) {
      let authority = rest[scheme...].prefix { $0 != "/" && $0 != "?" }
      host = String(authority)
      rest = rest[authority.endIndex...]
    }
    let path = rest.utf8.firstIndex(of: UInt8(ascii: "?")).map { rest[..<$0] } ?? rest
    self.host = host
    self.path = host != nil && path.isEmpty ? "/" : String(path)
    self.query = path.endIndex < rest.endIndex ? String(rest[path.endIndex...].dropFirst()) : nil
  }

  /// Where the authority of an absolute URL of ours begins.
  private static func schemeEnd(_ target: Substring) -> Substring.Index? {
    for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
      return target.utf8.index(target.startIndex, offsetBy: scheme.utf8.count)
    }
    return nil
  }
}
