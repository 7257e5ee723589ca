// SPDX-License-Identifier: Apache-2.0

/// Rows of entries that are written some at a time: a statement of eight rows takes a quarter less
/// processor time than eight statements.
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

  /// Rows of the larger statement.
  static let rowCount = 8
  /// A larger payload is written where it is, without a copy.
  private static let largestPayload = 4_096
  /// Columns that are bound for each row.
  private static let columns: Int32 = 5

  private var rows: [Row] = []
  private let bytes = UnsafeMutableRawBufferPointer.allocate(
    byteCount: rowCount * largestPayload,
    alignment: 8
  )
  private var used = 0

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
    if rows.count == Self.rowCount {
      let statement = try database.statement(.insertEightEntries)
      for (index, row) in rows.enumerated() {
        bind(row, stored(row), to: statement, at: 1 + Self.columns * Int32(index))
      }
      return try statement.runAgain()
    }
    let statement = try database.statement(.insertEntry)
    for row in rows {
      bind(row, stored(row), to: statement, at: 1)
      try statement.runAgain()
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
