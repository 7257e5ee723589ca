// SPDX-License-Identifier: Apache-2.0

/// The status line and the fields of an HTTP/1.x response (RFC 9112 §4).
public struct HTTPResponseHead: Equatable, Sendable {
  /// The status code, three digits.
  public let status: Int
  /// The reason phrase; nobody may rely on it.
  public let reason: String
  /// The fields.
  public var fields: HTTPFields
  /// The digit after `HTTP/1.`.
  public let minorVersion: Int

  /// Creates the head of a response.
  ///
  /// - Parameters:
  ///   - status: The status code, 100 to 999.
  ///   - reason: The reason phrase; by default the registered one.
  ///   - fields: The fields.
  public init(status: Int, reason: String? = nil, fields: HTTPFields = .init()) {
    precondition((100...999).contains(status), "a status has three digits")
    self.init(
      status: status,
      reason: reason ?? Self.reason(of: status),
      fields: fields,
      minorVersion: 1
    )
  }

  init(status: Int, reason: String, fields: HTTPFields, minorVersion: Int) {
    self.status = status
    self.reason = reason
    self.fields = fields
    self.minorVersion = minorVersion
  }

  /// Whether the connection stays open after the body (RFC 9112 §9.3).
  public var keepsAlive: Bool { fields.keepsAlive(minorVersion: minorVersion) }

  /// The body's length in bytes when a field says so, or the length it would have had after HEAD.
  public var contentLength: Int? { fields.contentLength }

  /// Appends the head as it goes over the wire, up to and including the empty line.
  public func encode(into output: inout [UInt8]) {
    encode(into: &output, contentLength: nil, adding: .init())
  }

  /// Appends the head as it goes over the wire, with fields that many heads share and need not be
  /// copied into each.
  ///
  /// - Parameters:
  ///   - output: Where it goes.
  ///   - length: What `Content-Length` says behind the head's own fields, in bytes; `nil` for none.
  ///   - more: Fields behind that.
  public func encode(
    into output: inout [UInt8],
    contentLength length: Int?,
    adding more: HTTPFields
  ) {
    if status == 200, reason == "OK" {
      output.append(contentsOf: Self.usualLine)
    } else {
      encodeLine(into: &output)
    }
    fields.encode(into: &output)
    if let length {
      output.append(contentsOf: Self.lengthName)
      output.append(decimal: length)
      output.append(contentsOf: Self.lineEnd)
    }
    more.encode(into: &output)
    output.append(contentsOf: Self.lineEnd)
  }

  private func encodeLine(into output: inout [UInt8]) {
    output.append(contentsOf: "HTTP/1.1 ".utf8)
    output.append(decimal: status)
    output.append(ASCII.space)
    if reason.utf8.allSatisfy(\.isHTTPFieldContent) {
      output.append(contentsOf: reason.utf8)
    } else {
      output.append(contentsOf: reason.utf8.lazy.map { $0.isHTTPFieldContent ? $0 : ASCII.space })
    }
    output.append(contentsOf: Self.lineEnd)
  }

  // Arrays, as those are copied in one piece.
  private static let usualLine = Array("HTTP/1.1 200 OK\r\n".utf8)
  private static let lengthName = Array("Content-Length: ".utf8)
  private static let lineEnd = Array("\r\n".utf8)

  /// The registered reason phrase of a status code, empty for others (RFC 9110 §15).
  public static func reason(of status: Int) -> String {
    switch status {
    case 100: "Continue"
    case 101: "Switching Protocols"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 207: "Multi-Status"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 411: "Length Required"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 417: "Expectation Failed"
    case 422: "Unprocessable Content"
    case 426: "Upgrade Required"
    case 428: "Precondition Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 507: "Insufficient Storage"
    default: ""
    }
  }
}
