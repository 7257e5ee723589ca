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
  }

  /// Its name.
  public let id: SessionID
  /// Its connection.
  public let connection: Connection
  private let shard: FanOutShard
  private let settings: EventStreamSettings
  private var readings: [Reading] = []
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
    let isOne = topics.count == 1
    for topic in topics {
      let format = Self.format(topic.name, isOne: isOne, isEnveloped: isEnveloped)
      let log = shard.frames.log(topic, format)
      readings.append(Reading(topic: topic, log: log, next: topic.end.next))
    }
    shard.add(self)
    for index in topics.indices where !isClosing { start(index, resume) }
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

  /// Puts a reading where the client was, or tells it that this place is no more.
  private func start(_ index: Int, _ resume: ResumePoint) {
    let topic = readings[index].topic
    guard let place = resume.positions.first(where: { $0.topic == topic.name }) else { return }
    if place.epoch == "\(topic.epoch)", place.offset < readings[index].next {
      readings[index].next = place.offset + 1
      return
    }
    let first = topic.earliest.next
    readings[index].next = first
    send(
      EventStreamBlock.notice(
        "weir.reset",
        { writer in
          writer.member("topic", topic.name)
          writer.member("epoch", "\(topic.epoch)")
          writer.member("offset", first - 1)
        },
        id: point
      )
    )
  }

  /// Where the client stands after what was sent.
  private var point: ResumePoint {
    ResumePoint(
      readings.map {
        ResumePoint.Position(topic: $0.topic.name, epoch: "\($0.topic.epoch)", offset: $0.next - 1)
      }
    )
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

  /// Sends what waits, then what the topics have and the socket takes.
  public func pump() {
    connection.flush()
    var (index, idle, batches) = (0, 0, 0)
    while connection.isClear, !isClosing, idle < readings.count {
      guard batches < FanOutLimits.batchesPerTurn else { return shard.pumpAgain(id) }
      index %= readings.count
      if pump(index) {
        (idle, batches) = (0, batches + 1)
        connection.flush()
      } else {
        idle += 1
      }
      index += 1
    }
  }

  /// Queues a bounded batch of one topic; answers whether there was anything.
  private func pump(_ index: Int) -> Bool {
    let slice = readings[index].log.read(
      from: readings[index].next,
      maximumCount: FanOutLimits.batchFrames,
      maximumBytes: FanOutLimits.batchBytes
    )
    if let gap = slice.gap { tell(gap, index) }
    for frame in slice.frames where !isClosing {
      readings[index].next += 1
      send(frame)
      if readings.count > 1 { send(EventStreamBlock.idLine(point)) }
    }
    return slice.gap != nil || !slice.frames.isEmpty
  }

  private func tell(_ gap: Gap, _ index: Int) {
    readings[index].next = gap.to + 1
    let name = readings[index].topic.name
    send(
      EventStreamBlock.notice(
        "weir.gap",
        { writer in
          writer.member("topic", name)
          writer.member("from", gap.from)
          writer.member("to", gap.to)
        },
        id: point
      )
    )
  }

  // MARK: Time and end

  /// Sends a comment when the stream was quiet for long; call it about once a second.
  public func tick(now: MonotonicInstant) {
    guard heartbeatAt <= now, !isClosing else { return }
    heartbeatAt = now.advanced(by: settings.heartbeatInterval)
    if connection.isClear, connection.writtenBytes == writtenAtHeartbeat {
      _ = connection.send(Array(":\n\n".utf8))
      connection.flush()
    }
    writtenAtHeartbeat = connection.writtenBytes
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
