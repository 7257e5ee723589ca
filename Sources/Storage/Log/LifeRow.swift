// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// The former lives of a topic's log, as they are stored: few topics have any.
///
/// They stand among the properties, each topic's under a name of its own.
enum LifeRow {
  /// The most lives of a topic that are remembered; the newest.
  static let maximum = 16

  /// Whether any topic has some.
  static func areThere(_ database: Database) throws(StorageError) -> Bool {
    try Property.read(.lives, database) != nil
  }

  static func read(_ topic: TopicID, _ database: Database) throws(StorageError) -> [FormerLife] {
    let statement = try database.statement(.readProperty)
    defer { statement.reset() }
    statement.bind(name(topic), at: 1)
    guard try statement.step() else { return [] }
    return statement.text(0).split(separator: " ").compactMap { life in
      let numbers = life.split(separator: ":").compactMap { UInt64($0) }
      guard numbers.count == 3 else { return nil }
      let end = Position(next: numbers[1], nextMark: numbers[2])
      return FormerLife(Epoch(rawValue: numbers[0]), end: end)
    }
  }

  static func write(
    _ lives: [FormerLife],
    _ topic: TopicID,
    _ database: Database
  ) throws(StorageError) {
    try Property.write(.lives, "yes", database)
    let statement = try database.statement(.writeProperty)
    statement.bind(name(topic), at: 1)
    let words = lives.map { "\($0.epoch.rawValue):\($0.end.next):\($0.end.nextMark)" }
    statement.bind(words.joined(separator: " "), at: 2)
    try statement.run()
  }

  private static func name(_ topic: TopicID) -> String { "lives of \(topic.rawValue)" }
}

extension StoredTopic {
  /// Remembers that its life ends, and where the next one goes on.
  mutating func noteLife(endingAt end: Position) {
    formerLives = (formerLives + [FormerLife(epoch, end: end)]).suffix(LifeRow.maximum)
  }
}
