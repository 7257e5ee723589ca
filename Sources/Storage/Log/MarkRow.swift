// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// A row of the table of marks.
struct MarkRow {
  let id: Int64
  /// The offset of the entry that it stands behind.
  let after: Offset
  let appended: Timestamp
  let mark: Mark

  init(id: Int64, after: Offset, appended: Timestamp, mark: Mark) {
    self.id = id
    self.after = after
    self.appended = appended
    self.mark = mark
  }

  /// Reads the row at which a statement stands; `nil` if it is damaged.
  init?(_ row: Statement) {
    id = row.int64(0)
    after = Offset(bitPattern: row.int64(1))
    appended = Timestamp(milliseconds: row.int64(2))
    switch row.int64(3) {
    case 1: mark = .watermark(Timestamp(milliseconds: row.int64(4)))
    case 2: mark = .endOfInput
    default: return nil
    }
    guard checksum == row.int64(5) else { return nil }
  }

  private var columns: (kind: Int64, instant: Int64) {
    switch mark {
    case .watermark(let instant): (1, instant.milliseconds)
    case .endOfInput: (2, 0)
    }
  }

  private var checksum: Int64 {
    Checksum.ofMark(
      id: id,
      after: Int64(bitPattern: after),
      appended: appended.milliseconds,
      kind: columns.kind,
      instant: columns.instant
    )
  }

  func insert(_ database: Database) throws(StorageError) {
    let statement = try database.statement(.insertMark)
    statement.bind(id, at: 1)
    statement.bind(Int64(bitPattern: after), at: 2)
    statement.bind(appended.milliseconds, at: 3)
    statement.bind(columns.kind, at: 4)
    statement.bind(columns.instant, at: 5)
    statement.bind(checksum, at: 6)
    try statement.run()
  }
}
