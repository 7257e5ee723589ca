// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// Where the rows of entries go that a statement passes over.
///
/// SQLite hands each row to a function, within its own loop: a statement that gave it as a result would
/// leave that loop and enter it again for every row, and take about a third longer.
struct EntryScan {
  /// The number of the last row that is wanted.
  private let end: Int64
  /// How many rows may still be given.
  private var left: Int
  /// Takes a row; answers whether it wants another.
  private let body: (borrowing EntryRow) -> Bool

  /// The function's name in SQL: it is true for the row with which the scan ends.
  static let function = "ends_scan"
  /// Its arguments, in their order.
  static let columns = "id, appended, position, format, checksum, payload"

  /// What a connection's statement gives its rows to, while it runs.
  typealias Place = UnsafeMutablePointer<EntryScan?>

  init(through end: Int64, limit: Int, _ body: @escaping (borrowing EntryRow) -> Bool) {
    (self.end, left, self.body) = (end, limit, body)
  }

  /// Takes a row; answers whether the scan ends with it.
  private mutating func endsWith(_ columns: UnsafeMutablePointer<OpaquePointer?>) -> Bool {
    let row = EntryRow(columns)
    guard row.id <= end, body(row), row.id < end else { return true }
    left -= 1
    return left <= 0
  }

  /// Makes the function known to a connection, which must be closed before `place` is gone.
  static func register(_ connection: OpaquePointer, _ place: Place) -> Int32 {
    sqlite3_create_function_v2(
      connection,
      function,
      6,
      SQLITE_UTF8 | SQLITE_DIRECTONLY,
      place,
      { context, _, columns in
        let place = sqlite3_user_data(context)?.assumingMemoryBound(to: EntryScan?.self)
        let ends = columns.flatMap { place?.pointee?.endsWith($0) } ?? true
        sqlite3_result_int(context, ends ? 1 : 0)
      },
      nil,
      nil,
      nil
    )
  }
}
