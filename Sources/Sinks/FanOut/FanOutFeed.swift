// SPDX-License-Identifier: Apache-2.0
import Streams
import Transport

/// A session that reads a topic through one of its cursors.
struct FanOutReader {
  /// Where what a delivery touches lies; it comes first, since that alone is fetched ahead.
  let memory: ReaderMemory
  let session: any FanOutSession
  let cursor: FanOutCursor

  init(_ cursor: FanOutCursor, of session: any FanOutSession) {
    (self.session, self.cursor) = (session, cursor)
    memory = ReaderMemory(cursor)
  }
}

/// A topic that is read, with its readers in no order.
final class FanOutFeed {
  let topic: Topic<Event>
  /// Tells it from an earlier one of the topic, whose news may come late.
  let number: UInt64
  var readers: [FanOutReader] = []
  /// Those who want some of its events only.
  var filtered = FilteredReaders()
  /// The request to be told of news, while nothing is to be read.
  var ticket: WaiterTicket?
  var isDirty = false

  init(_ topic: Topic<Event>, number: UInt64) {
    (self.topic, self.number) = (topic, number)
  }

  /// Everybody who reads it.
  var all: [FanOutReader] { readers + filtered.all }

  /// Whether nobody reads it.
  var isUnread: Bool { readers.isEmpty && filtered.count == 0 }

  /// Adds a reader.
  ///
  /// - Throws: ``FilterSetError`` when there are too many who want some of its events only.
  func add(_ reader: FanOutReader) throws(FilterSetError) {
    if let filter = reader.cursor.log.filter {
      return try filtered.add(reader, filter, end: topic.end.next)
    }
    reader.cursor.place = readers.count
    readers.append(reader)
  }

  func remove(_ cursor: FanOutCursor) {
    if cursor.log.filter != nil { return filtered.remove(cursor) }
    guard let place = cursor.place, let last = readers.popLast() else { return }
    cursor.place = nil
    guard last.cursor !== cursor else { return }
    readers[place] = last
    last.cursor.place = place
  }
}

/// What a delivery touches of a reader; it is there as long as the reader's cursor is.
struct ReaderMemory {
  private let cursor: Slab<CursorState>.Line
  private let output: DirectOutput?

  init(_ cursor: FanOutCursor) {
    self.cursor = cursor.state
    output = cursor.connection?.direct
  }

  /// Whether what comes next may be written from where it lies, if nothing stands in the way.
  func wantsDirect(upTo head: Offset) -> Bool {
    output != nil && cursor.pointee.wantsDirect(upTo: head)
  }

  /// Asks the processor for it.
  @inline(__always)
  func prefetch() {
    Memory.prefetch(cursor)
    output?.prefetch()
  }

  /// Writes what comes next for the reader, all that its topic has, from where it lies.
  ///
  /// - Parameters:
  ///   - bytes: Those of `direct`.
  ///   - direct: What comes next.
  ///   - head: The end of the topic, to which it reaches.
  /// - Returns: How many bytes were taken; where that is not all, or the cursor has content, tell the
  ///   cursor. `nil` if it stands elsewhere or something is in the way: its session is to be pumped.
  @inline(__always)
  func write(_ bytes: UnsafeRawBufferPointer, of direct: DirectSlice, upTo head: Offset) -> Int? {
    guard cursor.pointee.wantsDirect(upTo: head), cursor.pointee.next == direct.offset,
      cursor.pointee.log == direct.logID, let taken = output?.write(bytes)
    else { return nil }
    (cursor.pointee.next, cursor.pointee.head) = (head, head)
    return taken
  }

  /// Whether its cursor keeps account of what is written.
  var hasContent: Bool { cursor.pointee.hasContent }
}
