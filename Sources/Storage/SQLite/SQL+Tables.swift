// SPDX-License-Identifier: Apache-2.0

extension SQL {
  var tableText: String {
    switch self {
    case .readTables:
      """
      SELECT topic, form, definition, through, count, bytes, digest, checksum, evicted FROM tables
      WHERE topic >= ?1 ORDER BY topic LIMIT ?2
      """
    case .insertTable:
      """
      INSERT INTO tables (topic, form, definition, through, count, bytes, digest, checksum, evicted)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
      """
    case .updateTable:
      """
      UPDATE tables SET form = ?2, through = ?3, count = ?4, bytes = ?5, digest = ?6, checksum = ?7,
        evicted = ?8
      WHERE topic = ?1
      """
    case .deleteTable: "DELETE FROM tables WHERE topic = ?1"
    case .insertTableRow:
      """
      INSERT INTO table_rows (id, appended, format, checksum, payload)
      VALUES (?1, ?2, \(EntryFormat.verbatim), ?3, ?4)
      """
    case .readTableRows:
      """
      SELECT id, appended, format, checksum, payload FROM table_rows
      WHERE id BETWEEN ?1 AND ?2 ORDER BY id
      """
    case .firstTableRow: "SELECT id FROM table_rows WHERE id >= ?1 ORDER BY id LIMIT 1"
    case .measureTableRows:
      "SELECT id, length(payload) FROM table_rows WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3"
    case .deleteTableRow:
      "DELETE FROM table_rows WHERE id = ?1 RETURNING checksum, length(payload)"
    case .deleteTableRows: "DELETE FROM table_rows WHERE id BETWEEN ?1 AND ?2"
    default: preconditionFailure("a statement about tables")
    }
  }
}
