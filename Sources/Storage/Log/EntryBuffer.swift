// SPDX-License-Identifier: Apache-2.0

/// Rows of entries that are written some at a time: a statement of many rows takes much less
/// processor time than a statement for each.
///
/// They are in order, and written before the transaction ends.
final class EntryBuffer {
  /// A row whose payload is in the buffer's bytes.
  private struct Row {
    let id: Int64
    let appended: Int64
    let position: Int64
    let checksum: Int64
    let payload: Range<Int>
  }

  /// Rows of the largest statement.
  static let rowCount = 32
  /// Rows of the next one, for small groups.
  static let fewRows = 8
  /// A larger payload is written where it is, without a copy.
  private static let largestPayload = 4_096
  /// Columns that are bound for each row.
  private static let columns: Int32 = 5

  // Only the writing thread has it, and no call of its goes back into it: nothing is left to check.
  @exclusivity(unchecked) private var rows: [Row] = []
  private let bytes = UnsafeMutableRawBufferPointer.allocate(
    byteCount: rowCount * largestPayload,
    alignment: 8
  )
  @exclusivity(unchecked) private var used = 0

  deinit { bytes.deallocate() }

  /// Adds a row; it may be written later, its payload is copied then.
  func add(
    id: Int64,
    appended: Int64,
    position: Int64,
    payload: UnsafeRawBufferPointer,
    _ database: Database
  ) throws(StorageError) {
    let checksum = Checksum.ofEntry(
      id: id,
      appended: appended,
      position: position,
      format: EntryFormat.verbatim,
      payload: payload
    )
    let end = used + payload.count
    let row = Row(
      id: id,
      appended: appended,
      position: position,
      checksum: checksum,
      payload: used..<end
    )
    guard payload.count <= Self.largestPayload else {
      try flush(database)
      let statement = try database.statement(.insertEntry)
      bind(row, payload, to: statement, at: 1)
      return try statement.runAgain()
    }
    UnsafeMutableRawBufferPointer(rebasing: bytes[used..<end]).copyMemory(from: payload)
    used = end
    rows.append(row)
    if rows.count == Self.rowCount { try flush(database) }
  }

  /// Writes what is there.
  func flush(_ database: Database) throws(StorageError) {
    guard !rows.isEmpty else { return }
    defer { clear() }
    var next = 0
    while next < rows.count {
      let left = rows.count - next
      let (count, sql) =
        if left >= Self.rowCount {
          (Self.rowCount, SQL.insertManyEntries)
        } else if left >= Self.fewRows {
          (Self.fewRows, SQL.insertFewEntries)
        } else {
          (1, SQL.insertEntry)
        }
      let statement = try database.statement(sql)
      for index in 0..<count {
        let row = rows[next + index]
        bind(row, stored(row), to: statement, at: 1 + Self.columns * Int32(index))
      }
      try statement.runAgain()
      next += count
    }
  }

  /// Forgets what is there: the transaction has failed.
  func clear() {
    rows.removeAll(keepingCapacity: true)
    used = 0
  }

  private func stored(_ row: Row) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[row.payload])
  }

  private func bind(
    _ row: Row,
    _ payload: UnsafeRawBufferPointer,
    to statement: Statement,
    at index: Int32
  ) {
    statement.bind(row.id, at: index)
    statement.bind(row.appended, at: index + 1)
    statement.bind(row.position, at: index + 2)
    statement.bind(row.checksum, at: index + 3)
    statement.bind(borrowing: payload, at: index + 4)
  }
}
