// SPDX-License-Identifier: Apache-2.0

/// Brings the state of pipelines from one row for each key (schema 1) into segments (schema 2).
enum StateMigration {
  /// Makes the tables of segments and moves what there is; the table of rows is gone then.
  static func run(_ database: Database) throws(StorageError) {
    try database.execute(tables, "migrate")
    try move(database)
    try database.execute("DROP TABLE states", "migrate")
  }

  /// A segment's blocks are numbered through it, as entries are through their topic.
  private static let tables = """
    CREATE TABLE state_segments (
      pipeline INTEGER NOT NULL, id INTEGER NOT NULL, oldest INTEGER NOT NULL,
      newest INTEGER NOT NULL, status INTEGER NOT NULL, blocks INTEGER NOT NULL,
      bytes INTEGER NOT NULL, changes INTEGER NOT NULL, checksum INTEGER NOT NULL,
      PRIMARY KEY (pipeline, id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE state_blocks (
      id INTEGER PRIMARY KEY, format INTEGER NOT NULL, key_checksum INTEGER NOT NULL,
      checksum INTEGER NOT NULL, last_key BLOB NOT NULL, changes BLOB NOT NULL
    ) STRICT;
    """

  private static func move(_ database: Database) throws(StorageError) {
    let rows = try Statement(
      "SELECT pipeline, key, checksum, value FROM states ORDER BY pipeline, key",
      operation: "migrate",
      database
    )
    var writer: SegmentWriter?
    var id: Int64 = 0
    while try rows.step() {
      let pipeline = PipelineID(rawValue: rows.int64(0))
      if writer?.segment.pipeline != pipeline {
        _ = try writer?.finish(.live)
        id += 1
        let segment = StateSegment(id: id, pipeline: pipeline, numbers: 1...1, status: .live)
        writer = SegmentWriter(segment, database)
      }
      let (key, value) = (rows.bytes(1), rows.bytes(3))
      let checksum = Checksum.ofState(pipeline: pipeline.rawValue, key: key, value: value)
      try writer?.add(key, value)
      // What was damaged stays so: the block that holds it will not have its checksum.
      if checksum != rows.int64(2) { writer?.isDamaged = true }
    }
    _ = try writer?.finish(.live)
  }
}
