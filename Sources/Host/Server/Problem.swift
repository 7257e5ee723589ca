// SPDX-License-Identifier: Apache-2.0
import Codecs

/// A problem document (RFC 9457): whose fault it is, where, and what helps.
struct Problem: Error, Sendable {
  var status: Int
  var title: String
  var detail: String
  var remedy: String
  /// The field at fault, if it is one.
  var field: String?
  /// The line at fault, counted from 1, if it is one.
  var line: Int?
  /// The methods that are possible instead, for 405.
  var allows: String?
  /// Seconds after which trying again makes sense.
  var retryAfter: Int?
  /// What was stored before the fault, for streamed bodies.
  var accepted: StreamedReceipt?

  init(
    _ status: Int,
    _ title: String,
    _ detail: String,
    remedy: String,
    field: String? = nil,
    line: Int? = nil,
    retryAfter: Int? = nil
  ) {
    self.status = status
    self.title = title
    self.detail = detail
    self.remedy = remedy
    self.field = field
    self.line = line
    self.retryAfter = retryAfter
  }

  var response: HTTPResponse {
    var writer = JSONWriter()
    writer.beginObject()
    writer.name("status")
    writer.value(status)
    for (name, text) in [("title", title), ("detail", detail), ("remedy", remedy)] {
      writer.name(name)
      writer.value(text)
    }
    if let field {
      writer.name("field")
      writer.value(field)
    }
    if let line {
      writer.name("line")
      writer.value(line)
    }
    accepted?.write(to: &writer)
    writer.endObject()
    writer.endLine()
    var fields: HTTPFields = ["Content-Type": "application/problem+json"]
    fields.append("Cache-Control", "no-store")
    if let allows { fields.append("Allow", allows) }
    if let retryAfter { fields.append("Retry-After", "\(retryAfter)") }
    return HTTPResponse(status, fields: fields, body: writer.bytes)
  }
}
