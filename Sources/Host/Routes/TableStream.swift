// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// An event stream of a table: its rows, then its changes as rows.
struct TableStream {
  private let context: RequestContext
  private let request: EventStreamRequest
  private let topic: Topic<Event>

  /// Reads what is asked for; `nil` for a stream that is not of a table.
  ///
  /// - Parameters:
  ///   - context: The request.
  ///   - request: The stream of its topics as they are.
  /// - Throws: What a client is told that asks for what is no table, or may not read it.
  init?(_ context: RequestContext, _ request: EventStreamRequest) throws(Problem) {
    guard let text = try context.query("table") else { return nil }
    guard text == "true" || text == "false" else {
      throw Self.bad("'table' is '\(text)'", remedy: "use table=true, or leave it out")
    }
    guard text == "true" else { return nil }
    guard request.sources.count == 1, let source = request.sources.first else {
      throw Self.bad(
        "the stream has \(request.sources.count) topics",
        remedy: "open a stream for each table"
      )
    }
    for name in ["pipe", "tf", "envelope"] where try context.query(name) != nil {
      throw Self.bad(
        "'\(name)' does not go with 'table': rows have a form of their own, and none is left out",
        remedy: "leave one of them out"
      )
    }
    topic = source.topic
    // The rows are what was published before.
    try context.caller.check(.history, on: topic.name)
    _ = try TableRoutes.settings(of: topic)
    (self.context, self.request) = (context, request)
  }

  private static func bad(_ detail: String, remedy: String) -> Problem {
    Problem(400, "Bad table", detail, remedy: remedy, field: "table")
  }

  /// Opens it, at once or when the table was read from disk.
  func open() throws(Problem) -> Answer {
    if let table = topic.table { return .eventStream(stream(of: table)) }
    let (topic, reply, stream) = (topic, context.reply, self)
    Task {
      do throws(Problem) {
        reply.open(stream.stream(of: try await TableRoutes.open(topic)))
      } catch {
        reply.complete(error.response)
      }
    }
    return .later
  }

  private func stream(of table: EventTable) -> EventStreamRequest {
    var request = request
    request.sources = [EventStreamSource(table)]
    return request
  }
}
