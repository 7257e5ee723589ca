// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Storage
import Streams

/// Named consumers over HTTP: the server keeps how far each has got in a durable topic, over restarts.
///
/// A consumer reads a page, does what it has to, and acknowledges the last offset of it: so it sees each
/// event at least once.
struct ConsumerRoutes {
  private let engine: Engine
  private let context: RequestContext

  init(_ engine: Engine, _ context: RequestContext) {
    (self.engine, self.context) = (engine, context)
  }

  /// Answers what is asked of a path behind `/v1/topics/{topic}/consumers`.
  func answer(_ topic: String, _ path: ArraySlice<String>) throws(Problem) -> Answer {
    let topic = try durable(topic)
    switch (path.first, path.dropFirst().first, context.head.method) {
    case (nil, _, "GET"), (nil, _, "HEAD"): return list(topic)
    case (nil, _, let method): throw .methodNotAllowed(method, allows: "GET, HEAD")
    case (let name?, nil, "GET"), (let name?, nil, "HEAD"): return try state(name, topic)
    case (let name?, nil, "POST"): return try open(name, topic)
    case (let name?, nil, "DELETE"): return try remove(name, topic)
    case (_, nil, let method): throw .methodNotAllowed(method, allows: "GET, HEAD, POST, DELETE")
    case (let name?, "events"?, "GET"): return try events(name, topic)
    case (_, "events"?, let method): throw .methodNotAllowed(method, allows: "GET")
    case (let name?, "ack"?, "POST"): return try acknowledge(name, topic)
    case (_, "ack"?, let method): throw .methodNotAllowed(method, allows: "POST")
    default: throw .notFound(context.head.path)
    }
  }

  /// A topic of which places can be kept.
  private func durable(_ name: String) throws(Problem) -> Topic<Event> {
    guard engine.stored != nil else { throw .nothingIsStored }
    let topic = try TopicRoutes(topics: engine.topics).existing(name)
    guard topic.isDurable else { throw .notDurable(name) }
    return topic
  }

  /// The store, and the consumer's cursor in it.
  private func finding(
    _ name: String,
    _ topic: Topic<Event>
  ) throws(Problem) -> @Sendable () async throws -> (EventLog, CursorStanding) {
    guard let log = engine.stored?.log else { throw .nothingIsStored }
    guard 1...255 ~= name.utf8.count else { throw .badConsumer }
    return { [topicName = topic.name] in
      let now = SystemClock().now
      guard let found = try await log.cursor(of: name, topic: topicName, at: now) else {
        throw Problem.noConsumer(name, topicName)
      }
      return (log, found)
    }
  }

  private func list(_ topic: Topic<Event>) -> Answer {
    let log = engine.stored?.log
    return context.later {
      var found: [CursorStanding] = []
      while let page = try await log?.cursors(after: found.last?.cursor.id), !page.isEmpty {
        found += page
        if page.count < 1_000 { break }
      }
      let own = found.filter { $0.cursor.topic == topic.name }
      return .json { writer in
        writer.beginObject()
        writer.name("consumers")
        writer.beginArray()
        for standing in own { writer.consumer(standing) }
        writer.endArray()
        writer.endObject()
      }
    }
  }

  private func state(_ name: String, _ topic: Topic<Event>) throws(Problem) -> Answer {
    let find = try finding(name, topic)
    return context.later {
      let (_, standing) = try await find()
      return .json { $0.consumer(standing) }
    }
  }

  private func open(_ name: String, _ topic: Topic<Event>) throws(Problem) -> Answer {
    let find = try finding(name, topic)
    let days: Int = try context.number("lifetimeDays", in: 1...3_650, default: 30)
    let request = CursorRequest(
      name,
      topic: topic.name,
      startingAt: CursorPlace(topic.epoch, try start(in: topic)),
      lifetime: .seconds(days * 86_400)
    )
    let log = engine.stored?.log
    return context.later {
      let opened = try await log?.openCursor(request, at: SystemClock().now)
      let (_, standing) = try await find()
      return .json(opened?.wasThere == true ? 200 : 201) { $0.consumer(standing) }
    }
  }

  /// The offset behind which a new consumer begins: what is published from now on, by default.
  private func start(in topic: Topic<Event>) throws(Problem) -> Offset {
    let end = topic.end.next - 1
    switch try context.query("from") {
    case nil, "latest": return end
    case "earliest": return topic.earliest.next - 1
    case let text?:
      guard let offset = Offset(text), offset <= end else {
        throw Problem(
          400,
          "Bad from",
          "'from' is '\(text)', the newest offset is \(end)",
          remedy: "give latest, earliest, or the offset behind which it begins",
          field: "from"
        )
      }
      return offset
    }
  }

  private func remove(_ name: String, _ topic: Topic<Event>) throws(Problem) -> Answer {
    let find = try finding(name, topic)
    return context.later {
      let (log, standing) = try await find()
      try await log.deleteCursor(standing.cursor.id)
      return HTTPResponse(204, fields: ["Cache-Control": "no-store"])
    }
  }

  /// What the consumer has not acknowledged, the oldest first.
  private func events(_ name: String, _ topic: Topic<Event>) throws(Problem) -> Answer {
    let limit: Int = try context.number("limit", in: 1...HistoryLimits.maximumCount, default: 100)
    let find = try finding(name, topic)
    return context.later {
      let (_, standing) = try await find()
      let place = standing.cursor.place
      let isReset = place.epoch != topic.epoch
      var start = isReset ? topic.earliest : topic.position(after: place.offset)
      start.nextMark = .max
      let batch = try await Self.read(topic, from: start, limit)
      return TopicRoutes.page(topic, batch, end: topic.end.next) { writer in
        writer.member("consumer", name)
        if isReset { writer.member("reset", true) }
      }
    }
  }

  private static func read(
    _ topic: Topic<Event>,
    from start: Position,
    _ limit: Int
  ) async throws -> Batch<Event> {
    var position = start
    if let batch = topic.readFromMemory(from: &position, limit: limit) { return batch }
    return try await withCheckedThrowingContinuation { continuation in
      topic.readBack(from: start, limit: limit, bytes: HistoryLimits.maximumBytes) { result in
        continuation.resume(with: result.map(\.batch).mapError { Problem($0) })
      }
    }
  }

  private func acknowledge(_ name: String, _ topic: Topic<Event>) throws(Problem) -> Answer {
    let end = topic.end.next - 1
    guard let epoch = try context.query("epoch"), try context.query("offset") != nil else {
      throw Problem(
        400,
        "Missing place",
        "an acknowledgement names the last event that is done with",
        remedy: "give ?epoch= and ?offset= as the page of events has them",
        field: "offset"
      )
    }
    guard epoch == "\(topic.epoch)" else {
      throw Problem(
        409,
        "Another life of the topic",
        "the epoch of '\(topic.name)' is \(topic.epoch)",
        remedy: "read its events: they begin anew",
        field: "epoch"
      )
    }
    let offset: Offset = try context.number("offset", in: 0...end, default: 0)
    let find = try finding(name, topic)
    let place = CursorPlace(topic.epoch, offset)
    return context.later {
      let (log, standing) = try await find()
      try await log.moveCursors([CursorMove(standing.cursor.id, to: place, at: SystemClock().now)])
      let (_, moved) = try await find()
      return .json { $0.consumer(moved) }
    }
  }
}

extension JSONWriter {
  /// Writes how far a consumer has got.
  fileprivate mutating func consumer(_ standing: CursorStanding) {
    let cursor = standing.cursor
    beginObject()
    member("consumer", cursor.name)
    member("topic", cursor.topic)
    member("epoch", "\(cursor.place.epoch)")
    member("offset", cursor.place.offset)
    if let lag = standing.lag { member("lag", lag) }
    if let gap = standing.gap {
      name("gap")
      beginObject()
      member("from", gap.from)
      member("to", gap.to)
      endObject()
    }
    if standing.isOfFormerLife { member("reset", true) }
    member("moved", RFC3339.format(milliseconds: cursor.moved.milliseconds))
    if let lifetime = cursor.lifetime {
      member("expires", RFC3339.format(milliseconds: (cursor.used + lifetime).milliseconds))
    }
    endObject()
  }
}

extension Problem {
  fileprivate static let badConsumer = Problem(
    400,
    "Bad consumer",
    "a consumer's name has 1 to 255 bytes",
    remedy: "give it another name",
    field: "consumer"
  )

  fileprivate static func noConsumer(_ name: String, _ topic: String) -> Problem {
    Problem(
      404,
      "No such consumer",
      "'\(name)' has no place in '\(topic)', or was not used for too long",
      remedy: "make it by POST /v1/topics/\(topic)/consumers/\(name)",
      field: "consumer"
    )
  }

  fileprivate static func notDurable(_ topic: String) -> Problem {
    Problem(
      409,
      "Topic is not durable",
      "'\(topic)' is gone when the server ends, so no place in it is kept",
      remedy: "start the server with --durable \(topic)",
      field: "topic"
    )
  }
}
