// SPDX-License-Identifier: Apache-2.0
import Codecs

/// An answer that is whole in memory.
struct HTTPResponse: Sendable {
  var status: Int
  var fields: HTTPFields
  var body: [UInt8]
  /// Whether the connection ends after it.
  var closes = false

  init(_ status: Int, fields: HTTPFields = [:], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// JSON that `write` writes.
  static func json(_ status: Int = 200, _ write: (inout JSONWriter) -> Void) -> HTTPResponse {
    var writer = JSONWriter()
    write(&writer)
    writer.endLine()
    return HTTPResponse(
      status,
      fields: ["Content-Type": "application/json", "Cache-Control": "no-store"],
      body: writer.bytes
    )
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
    var head = HTTPResponseHead(status: status, fields: fields)
    if status != 204, status != 304 { head.fields.append("Content-Length", "\(body.count)") }
    if !keepsAlive {
      head.fields.append("Connection", "close")
    } else if minorVersion == 0 {
      head.fields.append("Connection", "keep-alive")
    }
    head.fields.append("X-Content-Type-Options", "nosniff")
    var output: [UInt8] = []
    output.reserveCapacity(body.count + 256)
    head.encode(into: &output)
    if !isHead { output.append(contentsOf: body) }
    return output
  }
}
