// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct StateMigrationTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  /// A database of schema 1 with two pipelines, of which the second has a damaged part.
  private func makeFirst() throws {
    let database = try place.writer()
    _ = try Schema.prepare(database, migrations: Array(Schema.migrations.prefix(1)))
    try database.execute(
      """
      INSERT INTO pipelines (name, definition) VALUES ('a', 'one'), ('b', 'two');
      INSERT INTO topics (id, name, epoch, synchronous, first_offset, next_offset, next_mark,
        position, appended) VALUES (1, 't', 5, 2, 1, 1, 1, 0, 0)
      """,
      "make"
    )
    let insert = try Statement(
      "INSERT INTO states (pipeline, key, checksum, value) VALUES (?1, ?2, ?3, ?4)",
      operation: "make",
      database
    )
    for pipeline in Int64(1)...2 {
      for number in 0..<300 {
        let (key, value) = part(number, of: pipeline)
        let sum = key.withUnsafeBytes { key in
          value.withUnsafeBytes { Checksum.ofState(pipeline: pipeline, key: key, value: $0) }
        }
        insert.bind(pipeline, at: 1)
        insert.bind(key, at: 2)
        insert.bind(pipeline == 2 && number == 150 ? sum + 1 : sum, at: 3)
        insert.bind(value, at: 4)
        try insert.run()
      }
    }
  }

  private func part(_ number: Int, of pipeline: Int64) -> (key: [UInt8], value: [UInt8]) {
    (
      [UInt8](repeating: UInt8(number % 256), count: 1 + number / 256),
      [UInt8](repeating: UInt8(pipeline), count: number * 2)
    )
  }

  @Test func `state of schema 1 is there in the current schema, and what was damaged stays so`()
    throws
  {
    try makeFirst()
    let log = try TestLog(place.database)
    #expect(try log.writer.connected().number("user_version") == Schema.current)
    #expect(log.writer.topics["t"]?.epoch == Epoch(rawValue: 5))
    let opened = Answer<OpenedPipeline>()
    log.writer.serve([.openPipeline("a", definition: "", opened.take)])
    let pipeline = try opened.get()
    #expect(pipeline.wasThere && pipeline.definition == "one")
    var expected = Dictionary(
      uniqueKeysWithValues: (0..<300).map { number in
        let (key, value) = part(number, of: 1)
        return (key, value)
      }
    )
    #expect(try StateModel.read(pipeline.id, log, limit: 17) == expected)
    let other = PipelineID(rawValue: 2)
    let error = #expect(throws: StorageError.self) { _ = try StateModel.read(other, log) }
    #expect(error?.reason == .damagedState(pipeline: "b"))
    // It goes on from there.
    let change = StateChange([9], for: [3], of: pipeline.id)
    _ = try log.append(LogCommit([], states: [change]))
    expected[[3]] = [9]
    try log.reopen()
    #expect(try StateModel.read(pipeline.id, log) == expected)
  }

  @Test func `an older schema is not verified before it was brought up to date`() throws {
    try makeFirst()
    let error = #expect(throws: StorageError.self) {
      _ = try EventLog.verify(directory: place.path)
    }
    #expect(error?.reason == .olderSchema(found: 1, supported: Schema.current))
    #expect(error?.description.contains("start the server once") == true)
  }

  @Test func `a migration that fails leaves schema 1 as it was`() throws {
    try makeFirst()
    let database = try place.writer()
    let failing: Schema.Migration = { database throws(StorageError) in
      try StateMigration.run(database)
      try database.execute("SELECT nonsense", "fail")
    }
    let steps = Array(Schema.migrations.prefix(1)) + [failing]
    #expect(throws: StorageError.self) { _ = try Schema.prepare(database, migrations: steps) }
    #expect(try database.number("user_version") == 1)
    #expect(try Schema.prepare(database) == 1)
  }
}
