// SPDX-License-Identifier: Apache-2.0
import Streams
import Transport

/// A session with a cursor for each thing it reads, which take turns.
protocol FanOutCursors: FanOutSession {
  var connection: Connection { get }
  var shard: FanOutShard { get }
  /// Whether nothing is sent any more.
  var isClosing: Bool { get }
  /// The cursors with news, and such as are read no more; empty after the end.
  var due: FanOutQueue { get set }

  /// Queues a bounded batch of a cursor that has news.
  func pump(_ cursor: FanOutCursor)
  /// Queues bytes, which others may keep anyway; ends the session if there is no room for them.
  func send(_ bytes: [UInt8], isShared: Bool)
}

extension FanOutCursors {
  /// Queues bytes of the session's own.
  func send(_ bytes: [UInt8]) { send(bytes, isShared: false) }

  /// Notes that a cursor's topic reaches up to `head`.
  func note(_ cursor: FanOutCursor, head: Offset) {
    cursor.hear(head)
    if cursor.hasNews { due.append(cursor) }
  }

  /// Sends what waits, then a batch of each cursor in turn, as long as the socket takes them.
  func pumpCursors() {
    guard connection.flush() else { return }
    var batches = 0
    while !isClosing, !due.isEmpty {
      guard batches < FanOutLimits.batchesPerTurn else { return shard.pumpAgain(id) }
      guard let cursor = due.popFirst(), cursor.isRead, cursor.hasNews, !cursor.isLoading
      else { continue }
      pump(cursor)
      batches += 1
      // Behind the others, which then have their turn.
      if cursor.isRead, cursor.hasNews, !cursor.isLoading { due.append(cursor) }
      guard connection.flush() else { return }
    }
  }

  /// Reads what comes next for a cursor and moves it behind that; `nil` if there is nothing, or it is
  /// read from disk first.
  func read(_ cursor: FanOutCursor) -> FrameSlice? {
    let found = cursor.takeLoaded() ?? shard.slice(of: cursor.log, from: cursor.next)
    guard let slice = found else {
      shard.load(cursor, for: id)
      return nil
    }
    // Before sending: a session that closes meanwhile reads nothing any more.
    cursor.move(to: slice.next, found: slice.next > cursor.next)
    return slice.gap == nil && slice.frames.isEmpty ? nil : slice
  }

  /// Sends the frames of a slice, from where they lie if nothing waits before them.
  func send(_ slice: FrameSlice) {
    guard !isClosing else { return }
    guard let bytes = slice.joined, let taken = connection.write(bytes) else {
      for frame in slice.frames { send(frame, isShared: true) }
      return
    }
    if taken < bytes.count { connection.keep(slice.frames, from: taken) }
  }
}

extension Connection {
  /// Lets frames wait of which so many bytes are written, none of them before; they are within its
  /// limit.
  ///
  /// They are kept, not their joined bytes: they are there anyway, so a slow session costs nothing.
  func keep(_ frames: [[UInt8]], from taken: Int) {
    var written = taken
    for frame in frames {
      if written >= frame.count {
        written -= frame.count
      } else if written > 0 {
        guard keep(frame, from: written) else { return }
        written = 0
      } else {
        guard send(frame, isShared: true) else { return }
      }
    }
  }
}
