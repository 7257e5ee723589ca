// SPDX-License-Identifier: Apache-2.0
import Codecs

/// An answer that is whole in memory.
struct HTTPResponse: Sendable {
  var status: Int
  var fields: HTTPFields
  var body: [UInt8]
  /// Whether the connection ends after it.
  var closes = false
  /// Whether it tells how long its body is; only what answers HEAD may not.
  var hasLength = true
  /// Whether its coding was chosen already.
  var isNegotiated = false

  init(_ status: Int, fields: HTTPFields = [:], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// JSON that `write` writes, behind what is begun already.
  static func json(
    _ status: Int = 200,
    goingOnWith begun: JSONWriter = JSONWriter(),
    _ write: (inout JSONWriter) -> Void
  ) -> HTTPResponse {
    var writer = begun
    write(&writer)
    writer.endLine()
    return HTTPResponse(status, fields: jsonFields, body: writer.bytes)
  }

  /// Plain text.
  static func text(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(
      status,
      fields: ["Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"],
      body: Array(text.utf8)
    )
  }

  /// The bytes to send.
  func encode(isHead: Bool, keepsAlive: Bool, minorVersion: Int = 1) -> [UInt8] {
    let ending =
      if !keepsAlive { Self.closingFields } else {
        minorVersion == 0 ? Self.stayingFields : Self.lastFields
      }
    var output: [UInt8] = []
    output.reserveCapacity(body.count + 256)
    HTTPResponseHead(status: status, fields: fields).encode(
      into: &output,
      contentLength: status == 204 || status == 304 || !hasLength ? nil : body.count,
      adding: ending
    )
    if !isHead { output.append(contentsOf: body) }
    return output
  }

  // Made once: what most answers have in common.
  static let jsonFields: HTTPFields = [
    "Content-Type": "application/json", "Cache-Control": "no-store",
  ]
  private static let lastFields: HTTPFields = ["X-Content-Type-Options": "nosniff"]
  private static let closingFields: HTTPFields = [
    "Connection": "close", "X-Content-Type-Options": "nosniff",
  ]
  private static let stayingFields: HTTPFields = [
    "Connection": "keep-alive", "X-Content-Type-Options": "nosniff",
  ]
}
