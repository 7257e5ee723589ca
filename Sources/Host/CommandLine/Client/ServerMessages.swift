// SPDX-License-Identifier: Apache-2.0
import Codecs

/// What a command asks of a server.
struct ServerRequest {
  /// The method.
  var method = "GET"
  /// The path and query, after the server's prefix.
  var target: String
  /// The media type of the body.
  var contentType: String?
  /// The body; `nil` for none.
  var body: [UInt8]?

  /// Asks for what is at a target.
  static func get(_ target: String) -> ServerRequest { ServerRequest(target: target) }

  /// Sends a body, empty by default.
  static func post(
    _ target: String,
    _ contentType: String? = nil,
    _ body: [UInt8] = []
  ) -> ServerRequest {
    ServerRequest(method: "POST", target: target, contentType: contentType, body: body)
  }

  /// The bytes on the wire.
  func encoded(for address: ServerAddress, accepting accept: String) -> [UInt8] {
    var fields: HTTPFields = [
      "Host": address.authority,
      "User-Agent": "weir/\(VersionCommand.version)",
      "Accept": accept,
    ]
    address.credentials.add(to: &fields)
    if let contentType { fields.append("Content-Type", contentType) }
    if let body { fields.append("Content-Length", String(body.count)) }
    let target = address.prefix + target
    let head = HTTPRequestHead(method: method, target: target, fields: fields)
    var bytes: [UInt8] = []
    head.encode(into: &bytes)
    bytes.append(contentsOf: body ?? [])
    return bytes
  }
}

/// What a server answered.
struct ServerResponse {
  /// The status line and fields.
  var head: HTTPResponseHead
  /// The whole body.
  var body: [UInt8]

  /// Whether the server did what was asked.
  var isSuccess: Bool { (200..<300).contains(head.status) }

  /// Whether there is nothing of that name.
  var isNotFound: Bool { head.status == 404 }

  /// The body as JSON; `nil` when it is something else.
  var json: JSONView? { try? JSONView.parse(body) }  // The caller says what it wanted instead.

  /// How long to wait before trying again, in seconds; `nil` when the server did not ask for that.
  var retryAfterSeconds: Int? {
    guard head.status == 503, let text = head.fields["Retry-After"] else { return nil }
    // A date instead of a number is allowed (RFC 9110 §10.2.3) but not what our server sends.
    return max(0, Int(text) ?? 1)
  }

  /// The response if it is a success.
  ///
  /// - Throws: ``CommandFailure`` made of the problem document otherwise.
  func successful() throws(CommandFailure) -> ServerResponse {
    guard !isSuccess else { return self }
    throw ProblemDocument(self).failure
  }
}

/// Paths of the server.
enum ServerTarget {
  /// A topic.
  static func topic(_ name: String) -> String { "/v1/topics/\(PercentEncoding.encode(name))" }
  /// The events of a topic.
  static func events(of name: String) -> String { topic(name) + "/events" }
}
