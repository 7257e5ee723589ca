// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

/// Where a session stands in a topic that it reads in one format; confined to its loop.
public final class FanOutCursor {
  // What every delivery looks at stands first.
  /// The offset that is read next.
  var next: Offset
  /// The end of the topic, as far as the shard has told of it: up to there nobody needs to be asked.
  private(set) var head: Offset
  let log: FrameLog
  /// The connection of its session; `nil` where there is none.
  let connection: Connection?
  /// Whether frames may be written there as they are, past the session, which has nothing to add.
  var isDirect: Bool
  /// Its place among the readers of its topic, kept by the shard; `nil` while it is not read.
  var place: Int?
  /// Its membership among those who want some events only; `nil` where all are wanted.
  var membership: FilterHandle?
  /// Whether it stands in its session's queue of those with news, and who is behind it there.
  fileprivate var isDue = false
  fileprivate var following: FanOutCursor?
  /// What the session calls it: a place in a list of its own.
  let number: Int
  /// The gzip content that its session has sent so far, kept where a delivery finds it: at its first
  /// cursor; `nil` at others and where nothing is compressed.
  var content: GzipContent?

  /// What was read from disk for it, until it is sent.
  private var loaded: FrameSlice?
  /// Whether what comes next is being read from disk.
  private(set) var isLoading = false

  /// Makes a cursor that has heard of nothing yet.
  init(
    _ log: FrameLog,
    next: Offset,
    number: Int = 0,
    over connection: Connection? = nil,
    isDirect: Bool = false
  ) {
    self.log = log
    self.connection = connection
    self.isDirect = isDirect
    self.number = number
    self.next = next
    head = next
  }

  var topic: Topic<Event> { log.topic }
  /// Whether there is something to read.
  var hasNews: Bool { next < head }

  /// Whether the shard knows it.
  var isRead: Bool { place != nil }
  /// Whether it is read and has sent all that it heard of.
  var isWaiting: Bool { isRead && !isDue && !hasNews }

  /// Moves over what is not wanted, if it waits for what comes next.
  func skip(to offset: Offset) {
    if isWaiting, next < offset { (next, head) = (offset, offset) }
  }

  /// Notes the end of the topic.
  func hear(_ head: Offset) {
    self.head = max(self.head, head)
  }

  /// Whether what comes next may be written from where it lies, if nothing stands in the way.
  func wantsDirect(upTo head: Offset) -> Bool { isDirect && isWaiting && next < head }

  /// Writes what comes next, all that its topic has, from where it lies.
  ///
  /// - Returns: Whether that is done; if it stands elsewhere or something stood in the way, its
  ///   session is to be pumped.
  @inline(__always)
  func write(_ direct: DirectSlice, upTo head: Offset) -> Bool {
    guard wantsDirect(upTo: head), next == direct.offset, log === direct.log, let connection,
      let taken = connection.write(direct.bytes)
    else { return false }
    (next, self.head) = (head, head)
    if let checksum = direct.slice.checksum { content?.append(checksum) }
    if taken < direct.bytes.count { connection.keep(direct.slice.frames, from: taken) }
    return true
  }

  /// Notes that what comes next is read from disk.
  func beginLoading() { isLoading = true }

  /// Is given what was read from disk.
  func endLoading(with slice: FrameSlice) {
    isLoading = false
    loaded = slice
  }

  /// Takes what was read from disk.
  func takeLoaded() -> FrameSlice? {
    defer { loaded = nil }
    return loaded
  }

  /// Moves behind what was read.
  ///
  /// - Parameters:
  ///   - offset: What is read next.
  ///   - found: Whether there was anything; if not, there is no more until the next news.
  func move(to offset: Offset, found: Bool) {
    next = offset
    if !found { head = offset }
  }
}

/// The cursors of a session that have news, each once; it takes no memory of its own.
struct FanOutQueue {
  private var first: FanOutCursor?
  private var last: FanOutCursor?

  var isEmpty: Bool { first == nil }

  /// Adds a cursor at the end, unless it is there.
  mutating func append(_ cursor: FanOutCursor) {
    guard !cursor.isDue else { return }
    cursor.isDue = true
    if let last { last.following = cursor } else { first = cursor }
    last = cursor
  }

  /// Takes the first one away.
  mutating func popFirst() -> FanOutCursor? {
    guard let cursor = first else { return nil }
    first = cursor.following
    if first == nil { last = nil }
    cursor.following = nil
    cursor.isDue = false
    return cursor
  }

  /// Takes all away, one after the other: letting go of a chain at its head would recurse.
  mutating func removeAll() {
    while popFirst() != nil {}
  }
}
