// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

/// Where a reader stands among the rows of a table; a reader that stops keeps no row alive.
struct TableReading {
  let table: EventTable
  /// Behind which the changes are read; rows may be newer.
  let offset: Offset
  /// Behind which key the rest begins; `nil` once there is none.
  var next: String? = ""

  init(_ table: EventTable) { (self.table, offset) = (table, table.offset) }

  /// The next rows, up to so many bytes by weight but for one row.
  mutating func take(bytes: Int) -> [EventTable.Row] {
    guard let key = next else { return [] }
    let page = table.page(after: key, limit: 1_000, bytes: bytes)
    next = page.next
    return page.rows
  }
}

// The rows of a table, which come before its changes; whoever has lost changes gets them anew.
extension EventStreamSession {
  /// Bytes of rows that are queued at once, but for one row.
  private static let rowStepBytes = 64 << 10

  /// Begins to send all rows: what the client has is of no use any more.
  ///
  /// Their blocks have no `id:`, so a client that is cut off among them gets them anew.
  func beginRows(of table: EventTable) {
    guard let cursor = cursors.first else { return }
    shard.stopReading(cursor)
    let reading = TableReading(table)
    rows = reading
    cursor.move(to: reading.offset + 1, found: false)
    let (name, epoch) = (sources[0].name, sources[0].epoch)
    notice("weir.snapshot", hasPlace: false) { writer in
      writer.member("topic", name)
      writer.member("epoch", epoch)
      writer.member("offset", reading.offset)
      writer.member("rows", UInt64(table.statistics.count))
    }
    shard.pumpAgain(id)
  }

  /// Sends rows as long as the socket takes them; behind the last one the changes are read.
  func pumpRows() {
    var batches = 0
    while !isClosing, rows != nil, connection.flush() {
      guard batches < FanOutLimits.batchesPerTurn else { return shard.pumpAgain(id) }
      batches += 1
      let text = rows?.take(bytes: Self.rowStepBytes).flatMap { EventStreamBlock.row($0) } ?? []
      if !text.isEmpty { say(text) }
      if rows?.next == nil { endRows() }
    }
  }

  private func endRows() {
    guard let reading = rows, let cursor = cursors.first else { return }
    rows = nil
    places.set(0, reading.offset)
    let (name, epoch) = (sources[0].name, sources[0].epoch)
    notice("weir.live") { writer in
      writer.member("topic", name)
      writer.member("epoch", epoch)
      writer.member("offset", reading.offset)
    }
    guard !isClosing else { return }
    // Who wants everything always finds room.
    if (try? shard.read(cursor, by: self)) == nil { return shutDown(spread: settings.retry) }
    // It may be told of what came meanwhile only in the next turn.
    shard.pumpAgain(id)
  }
}
