// SPDX-License-Identifier: Apache-2.0
import Codecs

/// An answer that is whole in memory.
///
/// One that is given again and again may come with the head that is usual, so that nothing has to
/// be put together anew: see ``UsualHead``. It is left out where the answer turns out to be another.
struct HTTPResponse: Sendable {
  var status: Int { didSet { dropHead() } }
  var fields: HTTPFields { didSet { dropHead() } }
  var body: [UInt8] {
    get { bodyStart == 0 ? bytes : Array(bytes[bodyStart...]) }
    set { (bytes, bodyStart) = (newValue, 0) }
  }
  /// How long the body is, in bytes.
  var bodyCount: Int { bytes.count - bodyStart }
  /// The body, behind the usual head if there is one.
  private var bytes: [UInt8]
  private var bodyStart = 0
  /// Whether the connection ends after it.
  var closes = false
  /// Whether it tells how long its body is; only what answers HEAD may not.
  var hasLength = true
  /// Whether its coding was chosen already.
  var isNegotiated = false

  init(_ status: Int, fields: HTTPFields = [:], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    bytes = body
  }

  /// An answer of 200 that `write` writes behind its usual head.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - bodyCount: How long the body will be.
  ///   - write: Appends the body.
  init(_ head: UsualHead, bodyCount: Int, _ write: (inout [UInt8]) -> Void) {
    status = 200
    fields = head.fields
    bytes = head.begin(bodyCount: bodyCount)
    bodyStart = bytes.count
    write(&bytes)
    precondition(self.bodyCount == bodyCount, "the head has told how long the body is")
  }

  private mutating func dropHead() {
    if bodyStart > 0 { body = body }
  }

  /// JSON that `write` writes.
  static func json(_ status: Int = 200, _ write: (inout JSONWriter) -> Void) -> HTTPResponse {
    var writer = JSONWriter()
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
    if bodyStart > 0, keepsAlive, minorVersion > 0, hasLength, !isHead { return bytes }
    let (body, ending) = (body, endingFields(keepsAlive: keepsAlive, minorVersion: minorVersion))
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

  private func endingFields(keepsAlive: Bool, minorVersion: Int) -> HTTPFields {
    guard keepsAlive else { return Self.closingFields }
    return minorVersion == 0 ? Self.stayingFields : Self.lastFields
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

/// The head of an answer of 200 to HTTP/1.1 on a connection that stays, ready but for the length.
struct UsualHead: Sendable {
  let fields: HTTPFields
  /// What stands before the length, and behind it.
  private let start: [UInt8]
  private let end: [UInt8]

  init(_ fields: HTTPFields) {
    self.fields = fields
    let whole = HTTPResponse(200, fields: fields).encode(isHead: false, keepsAlive: true)
    let mark = Array("Content-Length: ".utf8)
    let start = whole.indices.first { whole[$0...].starts(with: mark) }.map { $0 + mark.count }
    guard let start else { preconditionFailure("an answer tells how long its body is") }
    self.start = Array(whole[..<start])
    end = Array(whole[(start + 1)...])
  }

  /// The whole head for a body of so many bytes, with room for it.
  func begin(bodyCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(start.count + end.count + 20 + bodyCount)
    bytes.append(contentsOf: start)
    bytes.append(decimal: UInt64(bodyCount))
    bytes.append(contentsOf: end)
    return bytes
  }
}
