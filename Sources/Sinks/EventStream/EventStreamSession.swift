// SPDX-License-Identifier: Apache-2.0
public import Codecs
public import Streams
public import Transport

/// One reader of one or several topics as server-sent events; confined to its loop.
///
/// The head of the response is the caller's. The stream ends with its connection.
public final class EventStreamSession: FanOutSession {
  private struct Reading {
    let topic: Topic<Event>
    let log: FrameLog
    var next: Offset
    /// Whether there may be something to read.
    var hasNews = true
  }

  /// Its name.
  public let id: SessionID
  /// Its connection.
  public let connection: Connection
  let shard: FanOutShard
  private let settings: EventStreamSettings
  private var readings: [Reading] = []
  private var places = EventStreamPlaces()
  private var heartbeatAt: MonotonicInstant
  private var writtenAtHeartbeat: UInt64 = 0
  private var hasSentRetry = false
  /// Set once the stream was ended: nothing follows.
  public private(set) var isClosing = false

  /// Begins to stream topics behind a response head that is sent already.
  ///
  /// - Parameters:
  ///   - connection: Where the stream goes.
  ///   - topics: What is read, without repetition.
  ///   - resume: The client's last place in each topic it has read before.
  ///   - isEnveloped: Whether data are whole CloudEvents.
  ///   - shard: The shard of the connection's loop.
  ///   - settings: Intervals and bounds.
  ///   - now: The loop's time.
  public init(
    _ connection: Connection,
    topics: [Topic<Event>],
    resume: ResumePoint,
    isEnveloped: Bool,
    shard: FanOutShard,
    settings: EventStreamSettings,
    now: MonotonicInstant
  ) {
    id = shard.makeID()
    self.connection = connection
    self.shard = shard
    self.settings = settings
    heartbeatAt = now.advanced(by: settings.heartbeatInterval)
    shard.add(self)
    let starts = topics.map { Self.start($0, resume) }
    // All places stand before the first notice shows them.
    for (topic, start) in zip(topics, starts) {
      let format = Self.format(topic.name, isOne: topics.count == 1, isEnveloped: isEnveloped)
      readings.append(Reading(topic: topic, log: shard.frames.log(topic, format), next: start.next))
      places.add(topic, at: start.isReset ? nil : start.next - 1)
    }
    for index in topics.indices where starts[index].isReset && !isClosing { tellReset(index) }
    for topic in topics where !isClosing { shard.read(topic, by: self) }
  }

  private static func format(_ topic: String, isOne: Bool, isEnveloped: Bool) -> WireFormat {
    switch (isOne, isEnveloped) {
    case (true, false): .eventStream(topic: topic)
    case (false, false): .eventStreamLines(topic: topic)
    case (true, true): .cloudEventStream(topic: topic)
    case (false, true): .cloudEventStreamLines(topic: topic)
    }
  }

  /// What is read first, and whether that is not where the client was.
  private static func start(
    _ topic: Topic<Event>,
    _ resume: ResumePoint
  ) -> (next: Offset, isReset: Bool) {
    let next = topic.end.next
    guard let place = resume[topic.name] else { return (next, false) }
    if place.epoch == "\(topic.epoch)", place.offset < next { return (place.offset + 1, false) }
    return (topic.earliest.next, true)
  }

  /// Tells the client that its place in a topic is no more, and where the topic is read from.
  private func tellReset(_ index: Int) {
    let reading = readings[index]
    places.set(index, reading.next - 1)
    notice("weir.reset") { writer in
      writer.member("topic", reading.topic.name)
      writer.member("epoch", "\(reading.topic.epoch)")
      writer.member("offset", reading.next - 1)
    }
  }

  // MARK: Output

  private func send(_ bytes: [UInt8]) {
    guard !isClosing else { return }
    if !hasSentRetry {
      hasSentRetry = true
      _ = connection.send(Array("retry: \(settings.retry.wholeMilliseconds)\n".utf8))
    }
    if !connection.send(bytes) { finish() }
  }

  /// Sends something that the stream itself has to say, with the places behind it.
  private func notice(_ name: String, _ body: (inout JSONWriter) -> Void) {
    send(EventStreamBlock.notice(name, body, id: places.text))
  }

  /// Notes that a topic has news.
  public func hear(_ topic: Topic<Event>) {
    for index in readings.indices where readings[index].topic === topic {
      readings[index].hasNews = true
    }
  }

  /// Sends what waits, then what the topics have and the socket takes.
  public func pump() { pumpCursors() }

  private func tell(_ gap: Gap, _ index: Int) {
    let name = readings[index].topic.name
    places.set(index, gap.to)
    notice("weir.gap") { writer in
      writer.member("topic", name)
      writer.member("from", gap.from)
      writer.member("to", gap.to)
    }
  }

  // MARK: Time and end

  /// Sends a comment when the stream was quiet for long; call it about once a second.
  ///
  /// - Returns: Whether anything was due.
  @discardableResult
  public func tick(now: MonotonicInstant) -> Bool {
    guard heartbeatAt <= now, !isClosing else { return false }
    heartbeatAt = now.advanced(by: settings.heartbeatInterval)
    if connection.isClear, connection.writtenBytes == writtenAtHeartbeat {
      var comment: [UInt8] = []
      ServerSentEvent.encodeComment(into: &comment)
      _ = connection.send(comment)
      connection.flush()
    }
    writtenAtHeartbeat = connection.writtenBytes
    return true
  }

  /// Tells the client when to come back, spread over `spread`, and ends the stream.
  public func shutDown(spread: Duration) {
    guard !isClosing else { return }
    let delay = settings.retry.wholeMilliseconds + Int64.random(in: 0...spread.wholeMilliseconds)
    // Without the empty line that would make it an event of its own.
    _ = connection.send(Array("retry: \(delay)\n".utf8))
    finish()
  }

  private func finish() {
    isClosing = true
    end()
  }

  /// Forgets everything it holds elsewhere; call it when the connection is gone.
  public func end() {
    for reading in readings { shard.stopReading(reading.topic, by: id) }
    readings = []
    shard.remove(id)
  }
}

extension EventStreamSession: FanOutCursors {
  var cursorCount: Int { readings.count }

  func pump(_ index: Int) -> Bool {
    guard readings[index].hasNews else { return false }
    let slice = readings[index].log.read(
      from: readings[index].next,
      maximumCount: FanOutLimits.batchFrames,
      maximumBytes: FanOutLimits.batchBytes
    )
    readings[index].hasNews = slice.gap != nil || !slice.frames.isEmpty
    guard readings[index].hasNews else { return false }
    readings[index].next = slice.next
    if let gap = slice.gap { tell(gap, index) }
    let isOne = readings.count == 1
    var offset = slice.next - Offset(slice.frames.count)
    for frame in slice.frames where !isClosing {
      send(frame)
      guard !isOne else { continue }
      places.set(index, offset)
      send(places.idLine)
      offset += 1
    }
    return true
  }
}
