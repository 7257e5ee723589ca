// SPDX-License-Identifier: Apache-2.0

extension Schema {
  /// Schema 3: the tables of topics, and the entry of each key; rows are numbered through the topic
  /// as entries are, so those of a topic lie together in the order in which they were set.
  static let tables = """
    CREATE TABLE tables (
      topic INTEGER PRIMARY KEY, form INTEGER NOT NULL, definition TEXT NOT NULL,
      through INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
      digest INTEGER NOT NULL, checksum INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE table_rows (
      id INTEGER PRIMARY KEY, appended INTEGER NOT NULL, format INTEGER NOT NULL,
      checksum INTEGER NOT NULL, payload BLOB NOT NULL
    ) STRICT;
    """

  /// Schema 4: of each table, by which offset rows have gone that no change says so of; nothing was
  /// kept of that before.
  static let evictions = "ALTER TABLE tables ADD COLUMN evicted INTEGER NOT NULL DEFAULT 0;"
}
