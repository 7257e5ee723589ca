// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams

/// What there is in topics: their list, state and history.
struct TopicRoutes {
  let topics: TopicDirectory

  /// The topics by name, as many as a page holds; `next` is where the rest begins.
  func list(_ context: RequestContext) throws(Problem) -> HTTPResponse {
    let after = try context.query("after") ?? ""
    let limit: Int = try context.number(
      "limit",
      in: 1...TopicListLimits.maximumCount,
      default: 1_000
    )
    let rest = topics.all.drop { $0.name <= after }.filter { context.caller.maySee($0.name) }
    let page = rest.prefix(limit)
    return .json { writer in
      writer.beginObject()
      writer.name("topics")
      writer.beginArray()
      for topic in page { Self.write(topic, to: &writer) }
      writer.endArray()
      writer.name("next")
      if let last = page.last, page.count < rest.count {
        writer.value(last.name)
      } else {
        writer.null()
      }
      writer.endObject()
    }
  }

  func state(_ name: String) throws(Problem) -> HTTPResponse {
    let topic = try existing(name)
    return .json { Self.write(topic, to: &$0) }
  }

  private static func write(_ topic: Topic<Event>, to writer: inout JSONWriter) {
    let statistics = topic.statistics
    writer.beginObject()
    writer.member("topic", topic.name)
    writer.member("epoch", "\(topic.epoch)")
    writer.member("firstOffset", statistics.firstOffset)
    writer.member("lastOffset", statistics.lastOffset)
    writer.member("count", UInt64(statistics.count))
    writer.member("bytes", UInt64(statistics.bytes))
    if topic.isDurable { writer.member("storedBytes", UInt64(statistics.storedBytes)) }
    writer.member("heldBack", UInt64(statistics.waitingPublishes))
    if let table = topic.table {
      writer.name("table")
      writer.beginObject()
      writer.member("rows", UInt64(table.statistics.count))
      writer.member("bytes", UInt64(table.statistics.bytes))
      writer.endObject()
    }
    writer.endObject()
  }

  /// Entries after an offset, oldest first, as many as a page holds.
  ///
  /// What is not in memory is read from disk, and answered later.
  func history(_ name: String, _ context: RequestContext) throws(Problem) -> Answer {
    let after: Offset = try context.number("after", in: 0...UInt64.max - 1, default: 0)
    let limit: Int = try context.number("limit", in: 1...HistoryLimits.maximumCount, default: 100)
    let topic = try existing(name)
    let end = topic.end
    guard after < end.next else {
      throw Problem(
        400,
        "Bad after",
        "the newest offset of '\(name)' is \(end.next - 1), 'after' is \(after)",
        remedy: "start over with after=0, and compare the epoch",
        field: "after"
      )
    }
    // From the beginning means from the oldest entry that is kept, without a gap.
    let start = after == 0 ? topic.earliest : topic.position(after: after)
    let reply = context.reply
    let batch = Self.read(topic, from: start, limit: limit) { result in
      switch result {
      case .success(let batch): reply.complete(Self.page(topic, batch, end: end.next))
      case .failure(let problem): reply.complete(problem.response)
      }
    }
    return batch.map { .response(Self.page(topic, $0, end: end.next)) } ?? .later
  }

  /// Reads a page's worth of entries: answers those in memory, or `nil`, and gives them later.
  static func read(
    _ topic: Topic<Event>,
    from start: Position,
    limit: Int,
    later: @escaping @Sendable (Result<Batch<Event>, Problem>) -> Void
  ) -> Batch<Event>? {
    var position = start
    // Marks are not shown, so none is read.
    position.nextMark = .max
    let first = position
    if let batch = topic.readFromMemory(from: &position, limit: limit) { return batch }
    topic.readBack(from: first, limit: limit, bytes: HistoryLimits.maximumBytes) { result in
      later(result.map(\.batch).mapError { Problem($0) })
    }
    return nil
  }

  /// A page of history.
  ///
  /// - Parameters:
  ///   - topic: The topic.
  ///   - batch: What was read of it.
  ///   - end: The offset behind its newest entry.
  ///   - head: Writes further members.
  /// - Returns: The answer.
  static func page(
    _ topic: Topic<Event>,
    _ batch: Batch<Event>,
    end: Offset,
    _ head: (inout JSONWriter) -> Void = { _ in }
  ) -> HTTPResponse {
    .json { writer in
      writer.beginObject()
      head(&writer)
      writer.member("topic", topic.name)
      writer.member("epoch", "\(topic.epoch)")
      if let gap = batch.leadingGap { writer.member("gap", gap) }
      // Behind a gap the next page goes on, also if there is nothing else on this one.
      var last = batch.leadingGap?.to
      writer.name("events")
      writer.beginArray()
      batch.forEachEntry(of: topic) { entry in
        guard writer.bytes.count < HistoryLimits.maximumBytes else { return }
        last = entry.offset
        writer.historyEvent(entry)
      }
      writer.endArray()
      writer.name("next")
      if let last, last + 1 < end { writer.value(last) } else { writer.null() }
      writer.endObject()
    }
  }

  /// Sets the mark that a source has given all it had.
  ///
  /// With a durable topic it is answered when the mark is stored.
  func end(_ name: String, _ context: RequestContext) throws(Problem) -> Answer {
    let topic = try existing(name)
    guard topic.isDurable else {
      topic.mark(.endOfInput)
      return .response(.json { Self.write(topic, to: &$0) })
    }
    let reply = context.reply
    topic.mark(.endOfInput) { result in
      switch result {
      case .success: reply.complete(.json { Self.write(topic, to: &$0) })
      case .failure(let error): reply.complete(Problem(error).response)
      }
    }
    return .later
  }

  func existing(_ name: String) throws(Problem) -> Topic<Event> {
    do throws(TopicName.Violation) {
      try TopicName.check(name)
    } catch {
      throw Problem(TopicDirectory.Refusal.name(error))
    }
    guard let topic = topics.existing(name) else { throw .noTopic(name) }
    return topic
  }
}

extension JSONWriter {
  /// Writes a member that says which offsets are gone.
  mutating func member(_ name: String, _ gap: Gap) {
    self.name(name)
    beginObject()
    member("from", gap.from)
    member("to", gap.to)
    endObject()
  }
}

/// Sizes of a page of topics.
enum TopicListLimits {
  /// Topics of one page.
  static let maximumCount = 10_000
}

/// Sizes of a page of history.
enum HistoryLimits {
  /// Entries of one page.
  static let maximumCount = 1_000
  /// Bytes after which a page ends.
  static let maximumBytes = 2 << 20
}
