// SPDX-License-Identifier: Apache-2.0

extension HTTPClient {
  /// One header field.
  public struct Field: Hashable, Sendable {
    /// The name; names compare without regard to case.
    public let name: String
    /// The value, without whitespace around it.
    public let value: String

    /// Makes a field.
    public init(_ name: String, _ value: String) {
      (self.name, self.value) = (name, value)
    }
  }

  /// Whether a response that points elsewhere is followed.
  public enum Redirects: Equatable, Sendable {
    /// It is the response.
    case returned
    /// At most so many times, for GET, HEAD and POST; those of other methods are returned.
    ///
    /// As browsers do (RFC 9110 §15.4), a POST becomes a GET but for 307 and 308. From HTTPS it
    /// never leads to HTTP. Every address on the way is judged like the first. `Authorization` and
    /// `Cookie` do not follow to another host; other fields do.
    case followed(maximum: Int)
  }

  /// What to ask a server.
  public struct Request: Sendable {
    /// An absolute URL of `http` or `https` in ASCII, without user and password.
    public var url: String
    /// The method; default `GET`; case counts.
    public var method: String
    /// Header fields; those of host, connection and framing are the client's.
    public var fields: [Field]
    /// The body; `nil` for none.
    public var body: [UInt8]?
    /// Whether redirects are followed; default no.
    public var redirects = Redirects.returned
    /// Deadlines other than the client's.
    public var deadlines: Deadlines?
    /// Largest body of the response in bytes, other than the client's.
    public var maximumResponseBodyBytes: Int?

    /// Makes a request.
    public init(
      _ url: String,
      method: String = "GET",
      fields: [Field] = [],
      body: [UInt8]? = nil
    ) {
      (self.url, self.method, self.fields, self.body) = (url, method, fields, body)
    }
  }

  /// What is wrong with a request, found before anything is sent.
  public enum RequestFault: Error, Equatable, Sendable {
    /// The URL is no absolute URL in visible ASCII, or longer than 8 KiB.
    case malformedURL
    /// The URL is neither `http` nor `https`.
    case unsupportedScheme
    /// The URL has a user or a password, which logs would show: use a field `Authorization`.
    case userInURL
    /// The method is no token (RFC 9110 §9.1), or one that makes a tunnel.
    case malformedMethod
    /// The name is no token, or the value holds CR, LF or NUL, which would make fields of its own.
    case malformedField(name: String)
    /// Hosts, connections and framing are the client's.
    case reservedField(name: String)
    /// The body is larger than the client's limit.
    case bodyTooLarge(limitBytes: Int)
    /// The fields are more than 64 KiB together.
    case fieldsTooLarge(limitBytes: Int)
  }
}

extension HTTPClient.Request {
  static let maximumFieldBytes = 64 << 10
  private static let reserved: Set<String> = [
    "connection", "content-length", "expect", "host", "http2-settings", "keep-alive",
    "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
  ]

  /// Finds what must not be sent; the URL is judged by ``HTTPTarget``.
  func check(maximumBodyBytes: Int) throws(HTTPClient.RequestFault) {
    guard method.isToken, method != "CONNECT" else { throw .malformedMethod }
    if let body, body.count > maximumBodyBytes {
      throw .bodyTooLarge(limitBytes: maximumBodyBytes)
    }
    var fieldBytes = 0
    for field in fields {
      guard field.name.isToken, field.value.isFieldValue else {
        throw .malformedField(name: field.name.isToken ? field.name : "?")
      }
      guard !Self.reserved.contains(field.name.lowercased()) else {
        throw .reservedField(name: field.name)
      }
      fieldBytes += field.name.utf8.count + field.value.utf8.count
    }
    if fieldBytes > Self.maximumFieldBytes {
      throw .fieldsTooLarge(limitBytes: Self.maximumFieldBytes)
    }
  }
}

extension String {
  /// Whether it is a token (RFC 9110 §5.6.2).
  fileprivate var isToken: Bool {
    !isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// Whether it has no control characters but tabs (RFC 9110 §5.5).
  fileprivate var isFieldValue: Bool {
    utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
  }
}
