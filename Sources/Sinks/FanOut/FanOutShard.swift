// SPDX-License-Identifier: Apache-2.0
public import Streams
public import Transport

/// Names a session within a server; never used twice.
public struct SessionID: Hashable, Sendable {
  /// The loop it lives on, and its number there.
  public let loop: Int
  /// Counted from 1.
  public let number: UInt64
}

/// Somebody who reads topics through a socket: a cursor per topic, pulled when there is room.
public protocol FanOutSession: AnyObject {
  /// Its name.
  var id: SessionID { get }
  /// Whose share of what all have it counts for; `nil` for somebody who is trusted.
  var client: ClientKey? { get }

  /// Notes that the topic of one of its cursors has news, up to `head`.
  func hear(_ cursor: FanOutCursor, head: Offset)

  /// Sends what its topics have and its socket takes.
  func pump()

  /// Ends reading a topic whose log has begun another life: the client begins anew there.
  func lose(_ cursor: FanOutCursor)

  /// Ends if what vouched for the client was revoked.
  func heed(_ revocation: Revocation)
}

/// The sessions of one loop and the topics they read; confined to that loop.
///
/// A published batch costs one hop to the loop; the turn's end then runs over the sessions of each
/// topic that has news. A session without room is skipped: it costs its cursor.
public final class FanOutShard {
  /// Runs a body on the shard's loop, from any thread.
  public typealias Post = @Sendable (@escaping @Sendable (FanOutShard) -> Void) -> Void

  /// The number of its loop.
  public let loop: Int
  /// Where encoded entries are found.
  public let frames: FrameLogStore
  private let post: Post
  private var feeds: [ObjectIdentifier: FanOutFeed] = [:]
  /// Feeds with news, each once; some may have lost their readers.
  private var dirty: [FanOutFeed] = []
  /// Sessions that began to read a topic which others read already.
  private var newcomers: [SessionID] = []
  /// Sessions that had more to send than a turn allows.
  private var unfinished: [SessionID] = []
  private var sessions: [SessionID: any FanOutSession] = [:]
  private var nextNumber: UInt64 = 1
  private var nextFeedNumber: UInt64 = 1
  private var slices = FrameSliceCache()
  private var evaluator = FilterEvaluator()
  /// Those who want what is being sent, while that is found out.
  private var woken: [FanOutReader] = []
  private var loads = FrameLoads()
  private var isFlushing = false
  /// Is told of a connection whose session can be heard again, on the loop.
  public var whenHeardAgain: ((RegistrationID) -> Void)?

  /// Makes the shard of a loop.
  ///
  /// - Parameters:
  ///   - loop: The loop's number.
  ///   - frames: Shared by all shards of the server.
  ///   - post: Runs a body with this shard on its loop.
  public init(loop: Int, frames: FrameLogStore, post: @escaping Post) {
    self.loop = loop
    self.frames = frames
    self.post = post
  }

  /// How many sessions there are.
  public var sessionCount: Int { sessions.count }
  /// How many topics are read.
  public var topicCount: Int { feeds.count }

  func makeID() -> SessionID {
    defer { nextNumber += 1 }
    return SessionID(loop: loop, number: nextNumber)
  }

  func add(_ session: any FanOutSession) {
    sessions[session.id] = session
  }

  func remove(_ id: SessionID) {
    sessions[id] = nil
  }

  /// The session of that name, while it lives.
  public func session(_ id: SessionID) -> (any FanOutSession)? { sessions[id] }

  /// Runs `body` on the loop with a session, if it still lives then; callable from any thread.
  func later(
    _ id: SessionID
  ) -> @Sendable (@escaping @Sendable (any FanOutSession) -> Void) -> Void {
    let post = post
    return { body in
      post { shard in
        if let session = shard.sessions[id] { body(session) }
      }
    }
  }

  /// Ends what reads a topic that says nothing more: the clients begin anew.
  public func loseReaders(of topic: Topic<Event>) {
    guard let feed = feeds[ObjectIdentifier(topic)] else { return }
    for reader in feed.all { reader.session.lose(reader.cursor) }
  }

  /// Ends the sessions of those whose tokens were revoked.
  public func heed(_ revocation: Revocation) {
    // Some end meanwhile.
    for session in Array(sessions.values) { session.heed(revocation) }
  }

  /// All sessions, in no order.
  var allSessions: some Collection<any FanOutSession> { sessions.values }

  /// How many read each topic of the directory; those that are made for sessions have names with `?`.
  var readerCounts: [String: Int] {
    feeds.values.reduce(into: [:]) { counts, feed in
      if feed.topic.name.utf8.contains(UInt8(ascii: "?")) { return }
      counts[feed.topic.name, default: 0] += feed.readers.count + feed.filtered.count
    }
  }

  // MARK: Topics

  /// Finds out whether there is room for another reader of some of a topic's events.
  ///
  /// - Parameters:
  ///   - filter: What it wants.
  ///   - topic: What it reads.
  ///   - client: Whose share it would count for.
  /// - Throws: ``FilterSetError`` when there is none.
  public func checkRoom(
    for filter: EventFilter,
    of topic: Topic<Event>,
    _ client: ClientKey?
  ) throws(FilterSetError) {
    try feeds[ObjectIdentifier(topic)]?.filtered.checkRoom(for: filter, client)
  }

  /// Begins to tell `session` of news for a cursor, at once if there is any.
  ///
  /// - Throws: ``FilterSetError`` when it wants some events only, and too many do.
  func read(_ cursor: FanOutCursor, by session: any FanOutSession) throws(FilterSetError) {
    let key = ObjectIdentifier(cursor.topic)
    let reader = FanOutReader(cursor, of: session)
    if let feed = feeds[key] {
      // Others have asked for news already, from a place that comes no later.
      try feed.add(reader)
      newcomers.append(session.id)
      session.hear(cursor, head: cursor.topic.end.next)
    } else {
      let feed = FanOutFeed(cursor.topic, number: nextFeedNumber)
      try feed.add(reader)
      nextFeedNumber += 1
      feeds[key] = feed
      soil(feed)
      // Only what comes is looked at for all of those who want some of it.
      guard cursor.log.filter != nil else { return }
      newcomers.append(session.id)
      session.hear(cursor, head: cursor.topic.end.next)
    }
  }

  /// Ends that.
  func stopReading(_ cursor: FanOutCursor) {
    let key = ObjectIdentifier(cursor.topic)
    guard cursor.place != nil, let feed = feeds[key] else { return }
    feed.remove(cursor)
    guard feed.isUnread else { return }
    if let ticket = feed.ticket { feed.topic.forget(ticket) }
    feeds[key] = nil
  }

  /// Moves a cursor that waits over what nobody had to be told of, since its filter does not want it.
  func skipUnwanted(_ cursor: FanOutCursor) {
    guard cursor.membership != nil, let feed = feeds[ObjectIdentifier(cursor.topic)] else { return }
    cursor.skip(to: feed.filtered.next)
  }

  /// What comes next for everybody who stands at an offset of a log; `nil` if it is not in memory.
  func slice(of log: FrameLog, from offset: Offset) -> FrameSlice? {
    if isFlushing, let slice = slices.slice(of: log, from: offset) { return slice }
    let found = log.read(
      from: offset,
      maximumCount: FanOutLimits.batchFrames,
      maximumBytes: FanOutLimits.batchBytes,
      by: &evaluator
    )
    guard let found else { return nil }
    let slice = FrameSlice(found)
    if isFlushing, log.keepsFrames || log.filter != nil {
      slices.keep(slice, of: log, from: offset)
    }
    return slice
  }

  /// Reads what comes next for a cursor from disk; its session is pumped when that is there.
  func load(_ cursor: FanOutCursor, for session: SessionID) {
    cursor.beginLoading()
    guard let key = loads.add(cursor, of: session) else { return }
    let post = post
    cursor.log.load(from: cursor.next) { slice in
      post { $0.noteLoaded(key, slice) }
    }
  }

  private func noteLoaded(_ key: FrameLoads.Key, _ found: FrameLog.Slice) {
    let slice = FrameSlice(found)
    for (cursor, id) in loads.remove(key) {
      cursor.endLoading(with: slice)
      guard let session = sessions[id] else { continue }
      session.hear(cursor, head: cursor.topic.end.next)
      newcomers.append(id)
    }
  }

  /// Pumps a session again in the next turn, which then comes at once.
  func pumpAgain(_ id: SessionID) {
    if unfinished.isEmpty { post { _ in } }
    unfinished.append(id)
  }

  /// Sends news: call it at the end of every turn of the loop.
  public func flush() {
    guard !dirty.isEmpty || !unfinished.isEmpty || !newcomers.isEmpty else { return }
    let (feeds, others) = (dirty, unfinished + newcomers)
    dirty.removeAll(keepingCapacity: true)
    (unfinished, newcomers) = ([], [])
    isFlushing = true
    if feeds.count == 1, others.isEmpty {
      pumpReaders(of: feeds[0])
    } else {
      pumpReaders(of: feeds, and: others)
    }
    isFlushing = false
    slices.removeAll()
  }

  /// Pumps the readers of one topic: the usual case needs no list.
  private func pumpReaders(of feed: FanOutFeed) {
    feed.isDirty = false
    guard !feed.isUnread else { return }
    // Taken before reading: what comes after it will wake the shard.
    let head = feed.topic.end
    // A session that ends meanwhile changes a copy.
    let readers = feed.readers
    var index = 0
    while index < readers.count {
      let first = index
      if let direct = direct(for: readers[index], upTo: head.next) {
        index = Self.write(direct, upTo: head.next, to: readers, from: index)
      }
      guard index == first else { continue }
      readers[index].session.hear(readers[index].cursor, head: head.next)
      readers[index].session.pump()
      index += 1
    }
    wake(feed, upTo: head.next) { $0.pump() }
    arm(feed, at: head)
  }

  /// Tells those of news who want some of what a topic has gained.
  private func wake(
    _ feed: FanOutFeed,
    upTo head: Offset,
    _ body: (any FanOutSession) -> Void
  ) {
    guard feed.filtered.count > 0 else { return }
    feed.filtered.hear(feed.topic, upTo: head, &woken)
    for reader in woken where reader.cursor.isRead {
      // The session of one may have ended with another's.
      reader.session.hear(reader.cursor, head: head)
      body(reader.session)
    }
    woken.removeAll(keepingCapacity: true)
  }

  /// What comes next for a reader, where that can be written from where it lies.
  private func direct(for reader: FanOutReader, upTo head: Offset) -> DirectSlice? {
    let cursor = reader.cursor
    // There is no slice where the journal has what comes next.
    guard reader.memory.wantsDirect(upTo: head),
      let slice = slice(of: cursor.log, from: cursor.next)
    else { return nil }
    return DirectSlice(slice, of: cursor.log, from: cursor.next, upTo: head)
  }

  /// Writes a slice to one reader after the other while they stand where it begins and nothing is
  /// in the way.
  ///
  /// - Returns: The index of the first who was not written to.
  private static func write(
    _ direct: DirectSlice,
    upTo head: Offset,
    to readers: [FanOutReader],
    from start: Int
  ) -> Int {
    direct.bytes.withUnsafeBytes { bytes in
      readers.withUnsafeBufferPointer { readers in
        for index in start..<readers.count {
          prefetch(readers, behind: index)
          let memory = readers[index].memory
          guard let taken = memory.write(bytes, of: direct, upTo: head) else { return index }
          if taken < bytes.count || memory.hasContent {
            readers[index].cursor.note(direct, taken: taken)
          }
        }
        return readers.count
      }
    }
  }

  /// Asks for what the next reader touches, and for where that of a later one is written down: between
  /// two of them the kernel uses all of the cache.
  @inline(__always)
  private static func prefetch(_ readers: UnsafeBufferPointer<FanOutReader>, behind index: Int) {
    guard index + 2 < readers.count, let start = readers.baseAddress else { return }
    Memory.prefetch(start + index + 2)
    readers[index + 1].memory.prefetch()
  }

  /// Pumps the readers of some topics and some other sessions, each once.
  private func pumpReaders(of feeds: [FanOutFeed], and others: [SessionID]) {
    var due: [SessionID: any FanOutSession] = [:]
    var heads: [Position] = []
    for feed in feeds {
      feed.isDirty = false
      let head = feed.topic.end
      heads.append(head)
      for reader in feed.readers {
        reader.session.hear(reader.cursor, head: head.next)
        due[reader.session.id] = reader.session
      }
      wake(feed, upTo: head.next) { due[$0.id] = $0 }
    }
    for id in others { due[id] = sessions[id] }
    for session in due.values { session.pump() }
    for (feed, head) in zip(feeds, heads) { arm(feed, at: head) }
  }

  /// Asks to be woken by what is published behind `position`.
  private func arm(_ feed: FanOutFeed, at position: Position) {
    guard !feed.isUnread, feed.ticket == nil else { return }
    let (post, key, number) = (post, ObjectIdentifier(feed.topic), feed.number)
    feed.ticket = feed.topic.notify(at: position, marksToo: false) {
      post { $0.news(in: key, feed: number) }
    }
    if feed.ticket == nil, feed.topic.hasLostItsLife {
      for reader in feed.all { reader.session.lose(reader.cursor) }
      return
    }
    // There is more already, or there will never be any more.
    if feed.ticket == nil, feed.topic.end.next > position.next {
      post { $0.news(in: key, feed: number) }
    }
  }

  /// Hears of news, unless they were for an earlier feed: its topic's readers have all left since,
  /// others have come and asked anew, or even another topic lies where that one lay.
  private func news(in key: ObjectIdentifier, feed number: UInt64) {
    guard let feed = feeds[key], feed.number == number else { return }
    feed.ticket = nil
    soil(feed)
  }

  /// Notes that a topic has news.
  private func soil(_ feed: FanOutFeed) {
    guard !feed.isDirty else { return }
    feed.isDirty = true
    dirty.append(feed)
  }
}
