// SPDX-License-Identifier: Apache-2.0
public import Streams
import Transport

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

  /// Notes that a topic it reads has news.
  func hear(_ topic: Topic<Event>)

  /// Sends what its topics have and its socket takes.
  func pump()
}

/// The sessions of one loop and the topics they read; confined to that loop.
///
/// A published batch costs one hop to the loop; the turn's end then runs over the sessions of each
/// topic that has news. A session without room is skipped: it costs its cursor.
public final class FanOutShard {
  /// Runs a body on the shard's loop, from any thread.
  public typealias Post = @Sendable (@escaping @Sendable (FanOutShard) -> Void) -> Void

  private struct Feed {
    let topic: Topic<Event>
    var readers: [SessionID: any FanOutSession] = [:]
    /// The request to be told of news, while nothing is to be read.
    var ticket: WaiterTicket?
  }

  /// The number of its loop.
  public let loop: Int
  /// Where encoded entries are found.
  public let frames: FrameLogStore
  private let post: Post
  private var feeds: [ObjectIdentifier: Feed] = [:]
  private var dirty: Set<ObjectIdentifier> = []
  /// Sessions that began to read a topic which others read already.
  private var newcomers: [SessionID] = []
  /// Sessions that had more to send than a turn allows.
  private var unfinished: [SessionID] = []
  private var sessions: [SessionID: any FanOutSession] = [:]
  private var nextNumber: UInt64 = 1

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

  // MARK: Topics

  /// Begins to tell `session` of news in `topic`, at once if there is any.
  func read(_ topic: Topic<Event>, by session: any FanOutSession) {
    let key = ObjectIdentifier(topic)
    if feeds[key] == nil {
      feeds[key] = Feed(topic: topic)
      dirty.insert(key)
    } else {
      // Others have asked for news already, from a place that comes no later.
      newcomers.append(session.id)
      session.hear(topic)
    }
    feeds[key]?.readers[session.id] = session
  }

  /// Ends that.
  func stopReading(_ topic: Topic<Event>, by id: SessionID) {
    let key = ObjectIdentifier(topic)
    feeds[key]?.readers[id] = nil
    guard let feed = feeds[key], feed.readers.isEmpty else { return }
    if let ticket = feed.ticket { topic.forget(ticket) }
    feeds[key] = nil
    dirty.remove(key)
  }

  /// Pumps a session again in the next turn, which then comes at once.
  func pumpAgain(_ id: SessionID) {
    if unfinished.isEmpty { post { _ in } }
    unfinished.append(id)
  }

  /// Sends news: call it at the end of every turn of the loop.
  public func flush() {
    guard !dirty.isEmpty || !unfinished.isEmpty || !newcomers.isEmpty else { return }
    let (keys, others) = (dirty, unfinished + newcomers)
    dirty.removeAll(keepingCapacity: true)
    (unfinished, newcomers) = ([], [])
    // Taken before reading: what comes after it will wake the shard.
    let heads = keys.compactMap { key in feeds[key].map { (key, $0.topic.end) } }
    pump(keys, others)
    for (key, head) in heads { arm(key, at: head) }
  }

  /// Pumps the readers of some topics and some other sessions, each once.
  private func pump(_ keys: Set<ObjectIdentifier>, _ others: [SessionID]) {
    if keys.count == 1, others.isEmpty, let key = keys.first {
      // The usual case needs no list. A session that ends meanwhile changes a copy.
      guard let feed = feeds[key] else { return }
      for session in feed.readers.values {
        session.hear(feed.topic)
        session.pump()
      }
      return
    }
    var due: [SessionID: any FanOutSession] = [:]
    for feed in keys.compactMap({ feeds[$0] }) {
      for (id, session) in feed.readers {
        session.hear(feed.topic)
        due[id] = session
      }
    }
    for id in others { due[id] = sessions[id] }
    for session in due.values { session.pump() }
  }

  /// Asks to be woken by what is published behind `position`.
  private func arm(_ key: ObjectIdentifier, at position: Position) {
    guard let feed = feeds[key], feed.ticket == nil else { return }
    let post = post
    let ticket = feed.topic.notify(at: position, marksToo: false) {
      post { $0.news(in: key) }
    }
    feeds[key]?.ticket = ticket
    // There is more already, or there will never be any more.
    if ticket == nil, feed.topic.end.next > position.next { post { $0.news(in: key) } }
  }

  private func news(in key: ObjectIdentifier) {
    feeds[key]?.ticket = nil
    if feeds[key] != nil { dirty.insert(key) }
  }
}
