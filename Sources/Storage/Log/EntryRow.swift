// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The row of an entry at which a statement stands: its payload is where SQLite holds it.
struct EntryRow: ~Copyable {
  let offset: Offset
  let appended: Timestamp
  let payload: UnsafeRawBufferPointer
  let position: Int64
  /// Whether it has its checksum and a format that this version knows.
  let isIntact: Bool

  /// The row with this number.
  @inline(__always)
  init(_ row: Statement, id: Int64) {
    let format = row.int64(3)
    offset = RowNumber.offset(id)
    appended = Timestamp(milliseconds: row.int64(1))
    position = row.int64(2)
    payload = row.bytes(5)
    let checksum = Checksum.ofEntry(
      id: id,
      appended: appended.milliseconds,
      position: position,
      format: format,
      payload: payload
    )
    isIntact = checksum == row.int64(4) && format == EntryFormat.verbatim
  }
}
