// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// The rows of tables over HTTP: pages of them, and one by one with their tags.
struct TableRoutes {
  let services: ServerServices
  let context: RequestContext

  private var head: HTTPRequestHead { context.head }

  /// Answers what is asked of a path behind `/v1/tables`.
  func answer(_ path: ArraySlice<String>) throws(Problem) -> Answer {
    guard let name = path.first else { throw .notFound(head.path) }
    let key = path.dropFirst().first
    switch (head.method, key) {
    case ("GET", _), ("HEAD", _):
      try context.caller.check(.history, on: name)
      return try read(name, key)
    case ("PUT", let key?):
      try context.caller.check(.publish, on: name)
      return try put(name, key)
    case ("DELETE", let key?):
      try context.caller.check(.publish, on: name)
      return try delete(name, key)
    case (let method, nil): throw .methodNotAllowed(method, allows: "GET, HEAD")
    case (let method, _?): throw .methodNotAllowed(method, allows: "GET, HEAD, PUT, DELETE")
    }
  }

  // MARK: Reading

  private func read(_ name: String, _ key: String?) throws(Problem) -> Answer {
    let topic = try TopicRoutes(topics: services.engine.topics).existing(name)
    let settings = try Self.settings(of: topic)
    let reader = try RowReader(
      context,
      key,
      settings,
      outboundBytes: services.configuration.maximumOutboundBytes
    )
    if let table = topic.table { return .response(try reader.answer(table)) }
    return context.reply.later { try reader.answer(try await Self.open(topic)) }
  }

  // MARK: Changing

  private func put(_ name: String, _ key: String) throws(Problem) -> Answer {
    try context.checkEncoding()
    let form = try RowBody.Form(of: head)
    // None is made that is no table.
    if !services.engine.topics.makesTables(name) { throw .noTable(name) }
    let topic = try services.topic(name, for: context.caller)
    let settings = try Self.settings(of: topic)
    try Self.check(key, settings)
    var reader = EventReader(of: topic, services, attributes: try .init(head.fields))
    reader.key = key
    let change = try RowChange(topic, key, context, services.statistics)
    return .collect(limit: PublishLimits.maximumBytes, then: RowBody(form, reader, change))
  }

  private func delete(_ name: String, _ key: String) throws(Problem) -> Answer {
    let topic = try TopicRoutes(topics: services.engine.topics).existing(name)
    try Self.check(key, try Self.settings(of: topic))
    let change = try RowChange(topic, key, context, services.statistics)
    let event = Event(data: Array("null".utf8), subject: key)
    return change.answer(event, replyingTo: context.reply)
  }

  // MARK: What all have in common

  static func settings(of topic: Topic<Event>) throws(Problem) -> TableSettings {
    guard let settings = topic.tableSettings else { throw .noTable(topic.name) }
    return settings
  }

  private static func check(_ key: String, _ settings: TableSettings) throws(Problem) {
    do throws(RowViolation) { try settings.check(key: key) } catch {
      throw Problem(
        400,
        "Bad key",
        error.description,
        remedy: "percent-encode the key in the path, or use another",
        field: "key"
      )
    }
  }

  /// The rows of a topic, read from disk if they have to be.
  static func open(_ topic: Topic<Event>) async throws(Problem) -> EventTable {
    do throws(TableError) {
      if let table = try await topic.openRows() { return table }
    } catch {
      throw Problem(error)
    }
    throw Problem(
      503,
      "Another life of the table",
      "'\(topic.name)' has begun anew, since a disk has lost some of it",
      remedy: "try again",
      retryAfter: 1
    )
  }
}

extension Problem {
  static func noTable(_ name: String) -> Problem {
    Problem(
      404,
      "No such table",
      "the topic '\(name)' is no table",
      remedy: "set \"table\": true for it under \"topics\" in the configuration",
      field: "topic"
    )
  }

  /// A table that can't be opened.
  init(_ error: TableError) {
    if case .notOpened(let reason) = error {
      self.init(reason)
    } else {
      self = .tableUnavailable("\(error)")
    }
  }

  /// A table that is damaged or of another definition, of which this says more.
  static func tableUnavailable(_ detail: String) -> Problem {
    Problem(
      503,
      "Table not available",
      detail,
      remedy:
        "see 'weir doctor'; \"recovery\": \"useWhatIsThere\" of the topic's \"table\" goes on with "
        + "what is there"
    )
  }
}
