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
  private let places: ConsumerPlaces
  private let context: RequestContext

  /// Finds a topic of which places can be kept.
  init(_ engine: Engine, _ name: String, _ context: RequestContext) throws(Problem) {
    guard let log = engine.stored?.log else { throw .nothingIsStored }
    let topic = try TopicRoutes(topics: engine.topics).existing(name)
    guard topic.isDurable else { throw .notDurable(name) }
    places = ConsumerPlaces(log: log, topic: topic, clock: engine.topics.clock)
    self.context = context
  }

  /// Answers what is asked of a path behind `/v1/topics/{topic}/consumers`.
  func answer(_ path: ArraySlice<String>) throws(Problem) -> Answer {
    switch (path.first, path.dropFirst().first, context.head.method) {
    case (nil, _, "GET"), (nil, _, "HEAD"): return list()
    case (nil, _, let method): throw .methodNotAllowed(method, allows: "GET, HEAD")
    case (let name?, nil, "GET"), (let name?, nil, "HEAD"): return state(name)
    case (let name?, nil, "POST"): return try open(name)
    case (let name?, nil, "DELETE"): return remove(name)
    case (_, nil, let method): throw .methodNotAllowed(method, allows: "GET, HEAD, POST, DELETE")
    case (let name?, "events"?, "GET"): return try events(name)
    case (_, "events"?, let method): throw .methodNotAllowed(method, allows: "GET")
    case (let name?, "ack"?, "POST"): return try acknowledge(name)
    case (_, "ack"?, let method): throw .methodNotAllowed(method, allows: "POST")
    default: throw .notFound(context.head.path)
    }
  }

  private func list() -> Answer {
    context.reply.later { [places] in
      let standings = try await places.all()
      return .json { writer in
        writer.beginObject()
        writer.name("consumers")
        writer.beginArray()
        for standing in standings { writer.consumer(standing) }
        writer.endArray()
        writer.endObject()
      }
    }
  }

  private func state(_ name: String) -> Answer {
    context.reply.later { [places] in
      let standing = try await places.find(name)
      return .json { $0.consumer(standing) }
    }
  }

  private func open(_ name: String) throws(Problem) -> Answer {
    let days: Int = try context.number("lifetimeDays", in: 1...3_650, default: 30)
    let start = try start()
    return context.reply.later { [places] in
      let lifetime = Duration.seconds(days * 86_400)
      let wasThere = try await places.open(name, behind: start, lifetime: lifetime)
      let standing = try await places.find(name)
      return .json(wasThere ? 200 : 201) { $0.consumer(standing) }
    }
  }

  /// The offset behind which a new consumer begins: what is published from now on, by default.
  private func start() throws(Problem) -> Offset {
    let end = places.topic.end.next - 1
    switch try context.query("from") {
    case nil, "latest": return end
    case "earliest": return places.topic.earliest.next - 1
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

  private func remove(_ name: String) -> Answer {
    context.reply.later { [places] in
      try await places.remove(name)
      return HTTPResponse(204, fields: ["Cache-Control": "no-store"])
    }
  }

  private func events(_ name: String) throws(Problem) -> Answer {
    let limit: Int = try context.number("limit", in: 1...HistoryLimits.maximumCount, default: 100)
    return context.reply.later { [places] in
      let (batch, isReset) = try await places.read(name, limit: limit)
      return TopicRoutes.page(places.topic, batch, end: places.topic.end.next) { writer in
        writer.member("consumer", name)
        if isReset { writer.member("reset", true) }
      }
    }
  }

  private func acknowledge(_ name: String) throws(Problem) -> Answer {
    let topic = places.topic
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
    let offset: Offset = try context.number("offset", in: 0...topic.end.next - 1, default: 0)
    return context.reply.later { [places] in
      try await places.move(name, to: offset)
      let moved = try await places.find(name)
      return .json { $0.consumer(moved) }
    }
  }
}
