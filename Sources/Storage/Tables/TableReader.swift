// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// Some rows of a table, in the order in which they were set.
struct TablePage: Sendable {
  struct Row: Sendable {
    let offset: Offset
    let appended: Timestamp
    let checksum: Int64
    let payload: [UInt8]
  }

  /// Those that are what was stored.
  var rows: [Row] = []
  /// The offsets of the others.
  var damaged: [Offset] = []
  /// Behind which offset the next page begins; `nil` after the last.
  var next: Offset?
}

/// Reads tables by one connection.
struct TableReader {
  let database: Database

  /// Reads rows behind an offset: so many, and up to so many bytes but for one row.
  func read(
    _ topic: TopicID,
    after offset: Offset,
    limit: Int = 1_000,
    bytes: Int = 1 << 20
  ) throws(StorageError) -> TablePage {
    let statement = try database.statement(.readTableRows)
    defer { statement.reset() }
    statement.bind(RowNumber.make(topic, offset + 1), at: 1)
    statement.bind(RowNumber.make(topic, RowNumber.maximumOffset), at: 2)
    var page = TablePage()
    var (left, last) = (bytes, offset)
    while try statement.step() {
      guard page.rows.count + page.damaged.count < limit, left > 0 else {
        page.next = last
        return page
      }
      let payload = statement.bytes(4)
      left -= payload.count
      last = add(statement, payload, to: &page)
    }
    return page
  }

  private func add(
    _ row: Statement,
    _ payload: UnsafeRawBufferPointer,
    to page: inout TablePage
  ) -> Offset {
    let (id, appended, format, checksum) = (row.int64(0), row.int64(1), row.int64(2), row.int64(3))
    let offset = RowNumber.offset(id)
    let expected = Checksum.ofTableRow(
      id: id,
      appended: appended,
      format: format,
      payload: payload
    )
    guard checksum == expected, format == EntryFormat.verbatim else {
      page.damaged.append(offset)
      return offset
    }
    page.rows.append(
      TablePage.Row(
        offset: offset,
        appended: Timestamp(milliseconds: appended),
        checksum: checksum,
        payload: Array(payload)
      )
    )
    return offset
  }
}
