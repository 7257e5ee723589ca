// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct TableMigrationTests {
  @Test func `a directory of schema 2 gets tables, from the entries that it has`() async throws {
    let place = try TemporaryDirectory()
    do {
      let database = try place.writer()
      _ = try Schema.prepare(database, migrations: Array(Schema.migrations.prefix(2)))
      try database.execute(
        """
        INSERT INTO topics (id, name, epoch, synchronous, first_offset, next_offset, next_mark,
          position, appended) VALUES (1, 'e', 5, 2, 1, 1, 1, 0, 0)
        """,
        "make"
      )
      let buffer = EntryBuffer()
      var position: Int64 = 0
      for (index, event) in [Event.about("a", 1), .about("b", 2), .about("a", 3)].enumerated() {
        let payload = EventPayload.encode(event)
        let id = RowNumber.make(TopicID(rawValue: 1), Offset(index + 1))
        let added = payload.withUnsafeBytes { bytes in
          Result { () throws(StorageError) in
            try buffer.add(id: id, appended: 7, position: position, payload: bytes, database)
          }
        }
        try added.get()
        position += EntryFormat.weight(payload.count)
      }
      try buffer.flush(database)
      #expect(try database.number("user_version") == 2)
    }
    let store = try DurableStore(place.path)
    #expect(try await store.log.verify().isSound)
    let topic = try await store.openEvents()
    #expect(topic.epoch == Epoch(rawValue: 5))
    #expect(DurableStore.rows(topic) == ["2 b 2", "3 a 3"])
    store.log.close()
    #expect(try EventLog.examine(directory: place.path).schema == Schema.current)
  }

  @Test func `tables of schema 3 are what they were`() async throws {
    let place = try TemporaryDirectory()
    let first = try DurableStore(place.path)
    try await first.openEvents().publish([.about("a", 1), .about("b", 2), .about("a", 3)])
    first.log.close()
    try Database("\(place.path)/weir.db", .writeExisting).execute(
      "ALTER TABLE tables DROP COLUMN evicted; PRAGMA user_version = 3",
      "age"
    )
    let second = try DurableStore(place.path)
    #expect(try await second.log.verify().isSound)
    #expect(DurableStore.rows(try await second.openEvents()) == ["2 b 2", "3 a 3"])
    second.log.close()
    #expect(try EventLog.examine(directory: place.path).schema == Schema.current)
  }
}
