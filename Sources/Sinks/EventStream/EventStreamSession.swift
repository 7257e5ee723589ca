// SPDX-License-Identifier: Apache-2.0
public import Codecs
public import Streams
public import Transport

/// One reader of one or several topics as server-sent events; confined to its loop.
///
/// The head of the response is the caller's. The stream ends with its connection.
public final class EventStreamSession: FanOutSession {
  /// Its name.
  public let id: SessionID
  /// Its connection.
  public let connection: Connection
  let shard: FanOutShard
  var due = FanOutQueue()
  /// Set once the stream was ended: nothing follows.
  public private(set) var isClosing = false
  let settings: EventStreamSettings
  private let identity: ClientIdentity?
  /// Whose share it counts for.
  public let client: ClientKey?
  private let endAt: MonotonicInstant?
  /// Why what vouched for the client is over, if the stream has ended for that.
  public private(set) var failure: TokenFailure?
  /// What is read; what it keeps alive goes with the stream.
  private(set) var sources: [EventStreamSource]
  /// The rows of a table that are still to be sent, before its changes are read.
  var rows: TableReading?
  /// One for each topic, which is numbered like its place.
  private(set) var cursors: [FanOutCursor] = []
  var places = EventStreamPlaces()
  private var heartbeatAt: MonotonicInstant
  /// How much had been written when the time was looked at last.
  private var writtenAtTick: UInt64 = 0
  private var hasSentRetry = false
  /// Where each cursor with a filter stood when the client was told last; empty before.
  private var toldPlaces: [Offset] = []

  /// Begins to stream topics behind a response head that is sent already.
  ///
  /// - Parameters:
  ///   - connection: Where the stream goes.
  ///   - sources: What is read, no name twice.
  ///   - resume: The client's last place in each topic it has read before.
  ///   - filter: Which events are wanted, for which there is room. Default `nil`: all.
  ///   - isEnveloped: Whether data are whole CloudEvents.
  ///   - isCompressed: Whether the head says that the content is gzip. Default no.
  ///   - identity: Whose stream it is. Default `nil`: nobody is told apart.
  ///   - client: Whose share of what all have it counts for. Default `nil`: it is trusted.
  ///   - endAt: When what vouched for the client is over. Default `nil`: never.
  ///   - shard: The shard of the connection's loop.
  ///   - settings: Intervals and bounds.
  ///   - now: The loop's time.
  public init(
    _ connection: Connection,
    sources: [EventStreamSource],
    resume: ResumePoint,
    filter: EventFilter? = nil,
    isEnveloped: Bool,
    isCompressed: Bool = false,
    identity: ClientIdentity? = nil,
    client: ClientKey? = nil,
    endAt: MonotonicInstant? = nil,
    shard: FanOutShard,
    settings: EventStreamSettings,
    now: MonotonicInstant
  ) {
    id = shard.makeID()
    self.connection = connection
    self.shard = shard
    self.settings = settings
    self.sources = sources
    (self.identity, self.client, self.endAt) = (identity, client, endAt)
    heartbeatAt = now.advanced(by: settings.heartbeatInterval)
    shard.add(self)
    let starts = sources.map { $0.start(resume) }
    // All places stand before the first notice shows them.
    for (number, (source, start)) in zip(sources, starts).enumerated() {
      let format = Self.format(source, isOne: sources.count == 1, isEnveloped: isEnveloped)
      let coded = isCompressed ? .gzip(format) : format
      let log =
        filter.map { shard.frames.log(source.topic, coded, where: shard.frames.shared($0)) }
        ?? shard.frames.log(source.topic, coded)
      cursors.append(FanOutCursor(log, next: start.next, number: number, over: connection))
      places.add(source.name, epoch: source.epoch, at: start.isReset ? nil : start.next - 1)
    }
    if isCompressed { beginContent() }
    if let table = sources.first?.table, starts[0].isReset || resume[sources[0].name] == nil {
      beginRows(of: table)
      return
    }
    for index in sources.indices where starts[index].isReset && !isClosing { tellReset(index) }
    for cursor in cursors where !isClosing {
      // Who wants everything always finds room; who does not was told before that there is some.
      if (try? shard.read(cursor, by: self)) == nil { shutDown(spread: settings.retry) }
    }
  }

  private static func format(
    _ source: EventStreamSource,
    isOne: Bool,
    isEnveloped: Bool
  ) -> WireFormat {
    if source.table != nil { return .tableStream(topic: source.name) }
    let (topic, epoch) = (source.name, source.derived == nil ? nil : source.epoch)
    return switch (isOne, isEnveloped) {
    case (true, false): .eventStream(topic: topic, epoch: epoch)
    case (false, false): .eventStreamLines(topic: topic)
    case (true, true): .cloudEventStream(topic: topic, epoch: epoch)
    case (false, true): .cloudEventStreamLines(topic: topic)
    }
  }

  /// Tells the client that its place in a topic is no more, and where the topic is read from.
  private func tellReset(_ index: Int) {
    let cursor = cursors[index]
    places.set(index, cursor.next - 1)
    notice("weir.reset") { writer in
      writer.member("topic", sources[index].name)
      writer.member("epoch", sources[index].epoch)
      writer.member("offset", cursor.next - 1)
    }
  }

  /// Bytes of its own that wait to leave; what topics have encoded for everybody is not among them.
  public var heldBytes: Int { connection.heldBytes }

  // MARK: Output

  func send(_ bytes: [UInt8], isShared: Bool) {
    guard !isClosing else { return }
    sendRetry()
    if !connection.send(bytes, isShared: isShared) { finish() }
  }

  /// Sends what comes first, unless it was sent.
  func sendRetry() {
    guard !hasSentRetry else { return }
    hasSentRetry = true
    // With one topic nothing of its own stands between the frames from now on.
    if cursors.count == 1 { cursors[0].isDirect = true }
    _ = connection.send(coded("retry: \(settings.retry.wholeMilliseconds)\n".utf8))
  }

  /// Sends something that the stream itself has to say, with the places behind it.
  func notice(_ name: String, hasPlace: Bool = true, _ body: (inout JSONWriter) -> Void) {
    say(EventStreamBlock.notice(name, body, id: hasPlace ? places.text : nil))
  }

  /// Notes that a topic has news.
  public func hear(_ cursor: FanOutCursor, head: Offset) {
    // The stream may have ended in this very turn.
    if cursor.isRead { note(cursor, head: head) }
  }

  /// Sends what waits, then what the topics have and the socket takes.
  public func pump() {
    if rows != nil { pumpRows() }
    if rows == nil { pumpCursors() }
  }

  private func tell(_ gap: Gap, at cursor: FanOutCursor) {
    places.set(cursor.number, gap.to)
    notice("weir.gap") { writer in
      writer.member("topic", sources[cursor.number].name)
      writer.member("from", gap.from)
      writer.member("to", gap.to)
    }
  }

  // MARK: Time and end

  /// Sends a comment when the stream was quiet for long, or its place if that has moved over what its
  /// filter did not want; call it about once a second.
  ///
  /// - Returns: Whether anything was due.
  @discardableResult
  public func tick(now: MonotonicInstant) -> Bool {
    guard !isClosing else { return false }
    if let endAt, endAt <= now {
      failure = .expired("exp")
      shutDown(spread: .zero)
      return true
    }
    let isQuiet = connection.writtenBytes == writtenAtTick
    writtenAtTick = connection.writtenBytes
    guard isQuiet, heartbeatAt <= now else {
      if !isQuiet { heartbeatAt = now.advanced(by: settings.heartbeatInterval) }
      return false
    }
    heartbeatAt = now.advanced(by: settings.heartbeatInterval)
    // What waits says enough once it leaves.
    guard connection.isClear else { return false }
    if !tellPlace() {
      var comment: [UInt8] = []
      ServerSentEvent.encodeComment(into: &comment)
      _ = connection.send(coded(comment))
    }
    connection.flush()
    return true
  }

  /// Tells a client with a filter where it is, unless it has not moved since this told it last: else it
  /// would come back from its last event, and what lies between may be gone.
  private func tellPlace() -> Bool {
    let filtered = cursors.filter { $0.log.filter != nil }
    for cursor in filtered { shard.skipUnwanted(cursor) }
    let reached = filtered.map(\.next)
    guard reached != toldPlaces else { return false }
    toldPlaces = reached
    for cursor in filtered { places.set(cursor.number, cursor.next - 1) }
    notice("weir.place") { _ in }
    return true
  }

  /// Tells the client when to come back, spread over `spread`, and ends the stream.
  public func shutDown(spread: Duration) {
    guard !isClosing else { return }
    let delay = settings.retry.wholeMilliseconds + Int64.random(in: 0...spread.wholeMilliseconds)
    // Without the empty line that would make it an event of its own.
    let farewell = coded("retry: \(delay)\n".utf8)
    _ = connection.send(farewell + endOfContent)
    finish()
  }

  /// Ends the stream, so that the client comes back and is told of the new epoch.
  public func lose(_ cursor: FanOutCursor) { shutDown(spread: settings.retry) }

  /// Ends the stream if a chain of it has ended while another was prepared, when nobody could be told:
  /// the client comes back and begins anew there.
  public func endIfClosed() {
    guard sources.contains(where: { $0.derived != nil && $0.topic.isClosed }) else { return }
    shutDown(spread: settings.retry)
    connection.flush()
  }

  /// Ends the stream if what vouched for the client was revoked.
  public func heed(_ revocation: Revocation) {
    guard let identity, revocation.covers(identity) else { return }
    endRevoked()
  }

  /// Ends the stream, since what vouched for the client was revoked.
  public func endRevoked() {
    guard !isClosing else { return }
    failure = .revoked
    shutDown(spread: .zero)
    connection.flush()
  }

  private func finish() {
    isClosing = true
    end()
  }

  /// Forgets everything it holds elsewhere; call it when the connection is gone.
  public func end() {
    due.removeAll()
    rows = nil
    for cursor in cursors { shard.stopReading(cursor) }
    cursors = []
    for source in sources { source.derived?.end() }
    shard.remove(id)
  }
}

extension EventStreamSession: FanOutCursors {
  func pump(_ cursor: FanOutCursor) {
    let isOne = cursors.count == 1
    guard let slice = read(cursor) else { return }
    if slice.gap != nil, let table = sources[cursor.number].table {
      // Changes that are gone are made good by the rows as they are now.
      return beginRows(of: table)
    }
    if let gap = slice.gap { tell(gap, at: cursor) }
    if isOne, hasSentRetry {
      send(slice)
      return count(slice.checksum)
    }
    for (index, frame) in slice.frames.enumerated() where !isClosing {
      send(frame, isShared: true)
      if !slice.checksums.isEmpty { count(slice.checksums[index]) }
      guard !isOne else { continue }
      places.set(cursor.number, slice.offset(of: index))
      say(places.idLine)
    }
  }
}
