// SPDX-License-Identifier: Apache-2.0
internal import CSQLite
internal import Streams

/// The row of an entry over which a scan passes: its payload is where SQLite holds it.
struct EntryRow: ~Copyable {
  /// The row's number.
  let id: Int64
  let appended: Timestamp
  let payload: UnsafeRawBufferPointer
  let position: Int64
  /// Whether it has its checksum and a format that this version knows.
  let isIntact: Bool

  var offset: Offset { RowNumber.offset(id) }

  /// A row of which these are the columns, as ``EntryScan/columns`` names them.
  @inline(__always)
  init(_ columns: UnsafeMutablePointer<OpaquePointer?>) {
    id = sqlite3_value_int64(columns[0])
    let milliseconds = sqlite3_value_int64(columns[1])
    position = sqlite3_value_int64(columns[2])
    let format = sqlite3_value_int64(columns[3])
    payload = UnsafeRawBufferPointer(
      start: sqlite3_value_blob(columns[5]),
      count: Int(sqlite3_value_bytes(columns[5]))
    )
    appended = Timestamp(milliseconds: milliseconds)
    let checksum = Checksum.ofEntry(
      id: id,
      appended: milliseconds,
      position: position,
      format: format,
      payload: payload
    )
    isIntact = checksum == sqlite3_value_int64(columns[4]) && format == EntryFormat.verbatim
  }
}
