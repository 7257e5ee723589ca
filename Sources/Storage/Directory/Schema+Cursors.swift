// SPDX-License-Identifier: Apache-2.0

extension Schema {
  /// The cursors of named consumers: by topic first, so that all of one are found.
  static let cursors = """
    CREATE TABLE cursors (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, topic TEXT NOT NULL,
      epoch INTEGER NOT NULL, place INTEGER NOT NULL, moved INTEGER NOT NULL,
      used INTEGER NOT NULL, lifetime INTEGER, UNIQUE (topic, name)
    ) STRICT;
    """
}
