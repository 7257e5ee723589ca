// SPDX-License-Identifier: Apache-2.0

extension SQL {
  var cursorText: String {
    switch self {
    case .readCursors:
      "SELECT \(Self.cursorColumns) FROM cursors WHERE id > ?1 ORDER BY id LIMIT ?2"
    case .findCursor: "SELECT \(Self.cursorColumns) FROM cursors WHERE topic = ?1 AND name = ?2"
    case .tooManyCursors: "SELECT id FROM cursors WHERE id > 0 ORDER BY id LIMIT 1 OFFSET ?1"
    case .insertCursor:
      """
      INSERT INTO cursors (name, topic, epoch, place, moved, used, lifetime)
      VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
      """
    case .moveCursor:
      """
      UPDATE cursors SET epoch = ?2, place = ?3, moved = ?4, used = max(used, ?4) WHERE id = ?1
      """
    case .useCursor: "UPDATE cursors SET used = ?2 WHERE id = ?1"
    case .carryCursors:
      """
      UPDATE cursors SET epoch = ?3, place = min(place, ?4) WHERE topic = ?1 AND epoch = ?2
      """
    case .deleteCursor: "DELETE FROM cursors WHERE id = ?1"
    default: preconditionFailure("a statement about cursors")
    }
  }

  private static let cursorColumns = "id, name, topic, epoch, place, moved, used, lifetime"
}
