// SPDX-License-Identifier: Apache-2.0
// Storage is the room of everything that outlives the process: event logs, checkpoints, the
// webhook outbox and rollups, in SQLite. It runs on a thread of its own, never on an event loop,
// because a commit waits for the disk.
import CSQLite

/// Names the SQLite library this process runs with.
public enum SQLiteLibrary {
  /// The version of the library loaded at run time, such as `3.40.1`.
  ///
  /// It may be newer than the header the engine was compiled against.
  public static var version: String {
    String(cString: sqlite3_libversion())
  }
}
