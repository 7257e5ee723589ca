// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams

/// The body of a request that sets a row.
final class RowBody: WholeBody {
  /// How a body is read.
  enum Form {
    case json
    case text
    case envelope

    /// Reads the media type; JSON where none is named.
    init(of head: HTTPRequestHead) throws(Problem) {
      let type = head.fields["Content-Type"] ?? "application/json"
      switch type.prefix(while: { $0 != ";" }).lowercased().filter({ !$0.isWhitespace }) {
      case "", "application/json": self = .json
      case "text/plain": self = .text
      case "application/cloudevents+json": self = .envelope
      case let other:
        throw Problem(
          415,
          "Unsupported media type",
          "a row can't be sent as '\(other)'",
          remedy: "use application/json, text/plain or application/cloudevents+json",
          field: "Content-Type"
        )
      }
    }
  }

  private let form: Form
  private let reader: EventReader
  private let change: RowChange

  init(_ form: Form, _ reader: EventReader, _ change: RowChange) {
    (self.form, self.reader, self.change) = (form, reader, change)
  }

  /// Sets the row.
  func answer(_ body: [UInt8], replyingTo reply: Router.ReplyAddress) -> Answer {
    do throws(Problem) {
      let event = try event(of: body)
      guard !event.deletesRow else {
        throw Problem(
          422,
          "No data",
          "a row without data is none",
          remedy: "use DELETE to delete the row",
          field: "body"
        )
      }
      return change.answer(event, replyingTo: reply)
    } catch {
      return .response(error.response)
    }
  }

  private func event(of body: [UInt8]) throws(Problem) -> Event {
    switch form {
    case .text: return try reader.event(text: body)
    case .json: return try reader.event(data: try WholePublish.parse(body))
    case .envelope: return try reader.event(envelope: try WholePublish.parse(body))
    }
  }
}
