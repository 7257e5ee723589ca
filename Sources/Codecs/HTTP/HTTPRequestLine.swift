// SPDX-License-Identifier: Apache-2.0

/// The first line of a request, shared by all heads that begin with it.
final class HTTPRequestLine: Equatable, Sendable {
  let method: String
  let target: String
  let parts: TargetParts
  let minorVersion: Int

  init(method: String, target: String, minorVersion: Int) {
    self.method = method
    self.target = target
    parts = TargetParts(target)
    self.minorVersion = minorVersion
  }

  static func == (left: HTTPRequestLine, right: HTTPRequestLine) -> Bool {
    left === right
      || left.method == right.method && left.target == right.target
        && left.minorVersion == right.minorVersion
  }

  /// Whether a line without its end says the same: then nothing need be made of it.
  func isWritten(as line: Span<UInt8>) -> Bool {
    let (method, target) = (method.utf8.span, target.utf8.span)
    let version = method.count + target.count + 2
    guard line.count == version + 8, line[line.count - 1] == ASCII.zero + UInt8(minorVersion),
      line[method.count] == ASCII.space, line[version - 1] == ASCII.space
    else { return false }
    return line.equals(method, in: 0..<method.count)
      && line.equals(target, in: method.count + 1..<version - 1)
      && line.equals(Self.version.span, in: version..<line.count - 1)
  }

  private static let version = Array("HTTP/1.".utf8)

  /// Reads a line without its end.
  static func parse(_ line: ArraySlice<UInt8>) throws(HTTPViolation) -> HTTPRequestLine {
    guard let first = line.firstIndex(of: ASCII.space), first > line.startIndex,
      let second = line[(first + 1)...].firstIndex(of: ASCII.space),
      !line[(second + 1)...].contains(ASCII.space), line[..<first].allSatisfy(\.isHTTPToken)
    else { throw line.contains(ASCII.carriageReturn) ? .bareLineBreak : .malformedRequestLine }
    let target = line[(first + 1)..<second]
    let minorVersion = try line[(second + 1)...].httpMinorVersion(otherwise: .malformedRequestLine)
    guard !target.isEmpty,
      target.allSatisfy({ $0.isVisibleASCII && $0 != UInt8(ascii: "#") })
    else { throw target.contains(ASCII.carriageReturn) ? .bareLineBreak : .invalidTarget }
    return HTTPRequestLine(
      method: String(decoding: line[..<first], as: UTF8.self),
      target: String(decoding: target, as: UTF8.self),
      minorVersion: minorVersion
    )
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
