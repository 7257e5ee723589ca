// SPDX-License-Identifier: Apache-2.0
import Streams
import Transport

/// A session that reads a topic through one of its cursors.
struct FanOutReader {
  let session: any FanOutSession
  let cursor: FanOutCursor
  /// Where what a delivery touches lies.
  let memory: ReaderMemory

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

/// Where the objects lie that a delivery touches; they are alive as long as the reader's cursor is.
struct ReaderMemory {
  private let cursor: Unmanaged<FanOutCursor>
  private let connection: ObjectIdentifier?

  init(_ cursor: FanOutCursor) {
    self.cursor = Unmanaged.passUnretained(cursor)
    connection = cursor.connection.map { ObjectIdentifier($0) }
  }

  /// Asks the processor for it.
  @inline(__always)
  func prefetch() {
    Memory.prefetch(cursor._withUnsafeGuaranteedRef { ObjectIdentifier($0) })
    if let connection { Memory.prefetch(connection) }
  }

  /// Writes what comes next for the reader; see ``FanOutCursor/write(_:upTo:)``.
  @inline(__always)
  func write(_ slice: DirectSlice, upTo head: Offset) -> Bool {
    // The array of readers keeps the cursor; counting references would take longer than the rest.
    cursor._withUnsafeGuaranteedRef { $0.write(slice, upTo: head) }
  }
}
