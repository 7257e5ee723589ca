// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

/// What a delivery looks at of a cursor; it lies beside that of others.
struct CursorState: BitwiseCopyable {
  /// The offset that is read next.
  var next: Offset
  /// The end of the topic, as far as the shard has told of it: up to there nobody needs to be asked.
  var head: Offset
  /// The log that it reads.
  let log: ObjectIdentifier
  /// Whether frames may be written to its connection as they are, past the session, which has nothing to
  /// add.
  var isDirect: Bool
  /// Whether the shard knows it.
  var isRead = false
  /// Whether it stands in its session's queue of those with news.
  var isDue = false
  /// Whether what it writes is gzip, of which the session keeps account.
  var hasContent = false

  /// Where that of all cursors lies.
  static let slab = Slab<CursorState>()

  /// Whether there is something to read.
  var hasNews: Bool { next < head }
  /// Whether it is read and has sent all that it heard of.
  var isWaiting: Bool { isRead && !isDue && !hasNews }

  /// Whether what comes next may be written from where it lies, if nothing stands in the way.
  func wantsDirect(upTo head: Offset) -> Bool { isDirect && isWaiting && next < head }
}

/// Where a session stands in a topic that it reads in one format; confined to its loop.
public final class FanOutCursor {
  /// What every delivery looks at.
  let state: Slab<CursorState>.Line
  let log: FrameLog
  /// The connection of its session; `nil` where there is none.
  let connection: Connection?
  /// Its place among the readers of its topic, kept by the shard; `nil` while it is not read.
  var place: Int? {
    didSet { state.pointee.isRead = place != nil }
  }
  /// Its membership among those who want some events only; `nil` where all are wanted.
  var membership: FilterHandle?
  /// Who stands behind it in its session's queue of those with news.
  fileprivate var following: FanOutCursor?
  /// What the session calls it: a place in a list of its own.
  let number: Int
  /// The gzip content that its session has sent so far, kept where a delivery finds it: at its first
  /// cursor; `nil` at others and where nothing is compressed.
  var content: GzipContent? {
    didSet { state.pointee.hasContent = content != nil }
  }

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
    self.number = number
    state = CursorState.slab.take(
      CursorState(next: next, head: next, log: ObjectIdentifier(log), isDirect: isDirect)
    )
  }

  deinit { CursorState.slab.giveBack(state) }

  var topic: Topic<Event> { log.topic }
  /// The offset that is read next.
  var next: Offset {
    get { state.pointee.next }
    set { state.pointee.next = newValue }
  }
  /// Whether frames may be written as they are, past the session.
  var isDirect: Bool {
    get { state.pointee.isDirect }
    set { state.pointee.isDirect = newValue }
  }
  /// Whether there is something to read.
  var hasNews: Bool { state.pointee.hasNews }
  /// Whether the shard knows it.
  var isRead: Bool { state.pointee.isRead }
  /// Whether it is read and has sent all that it heard of.
  var isWaiting: Bool { state.pointee.isWaiting }

  /// Moves over what is not wanted, if it waits for what comes next.
  func skip(to offset: Offset) {
    if isWaiting, next < offset { (state.pointee.next, state.pointee.head) = (offset, offset) }
  }

  /// Notes the end of the topic.
  func hear(_ head: Offset) {
    state.pointee.head = max(state.pointee.head, head)
  }

  /// Notes that a slice was written past the session, all of it or a part: then the rest waits.
  func note(_ direct: DirectSlice, taken: Int) {
    if let checksum = direct.slice.checksum { content?.append(checksum) }
    if taken < direct.bytes.count { connection?.keep(direct.slice.frames, from: taken) }
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
    if !found { state.pointee.head = offset }
  }
}

/// The cursors of a session that have news, each once; it takes no memory of its own.
struct FanOutQueue {
  private var first: FanOutCursor?
  private var last: FanOutCursor?

  var isEmpty: Bool { first == nil }

  /// Adds a cursor at the end, unless it is there.
  mutating func append(_ cursor: FanOutCursor) {
    guard !cursor.state.pointee.isDue else { return }
    cursor.state.pointee.isDue = true
    if let last { last.following = cursor } else { first = cursor }
    last = cursor
  }

  /// Takes the first one away.
  mutating func popFirst() -> FanOutCursor? {
    guard let cursor = first else { return nil }
    first = cursor.following
    if first == nil { last = nil }
    cursor.following = nil
    cursor.state.pointee.isDue = false
    return cursor
  }

  /// Takes all away, one after the other: letting go of a chain at its head would recurse.
  mutating func removeAll() {
    while popFirst() != nil {}
  }
}
