// SPDX-License-Identifier: Apache-2.0

/// Reads a data directory by a connection that can't write, beside whoever uses it.
///
/// Each call blocks for the disk and is a short transaction of its own, so it never holds up a
/// server's publishes. One task uses it at a time.
public final class StoreReader {
  /// The database's file.
  public let path: String
  let database: Database

  /// The memory of its page cache: it reads in order, so little is read twice.
  private static let cacheBytes = 4 << 20

  /// Opens a directory to read.
  ///
  /// - Parameter directory: The data directory; nobody has to use it, and somebody may.
  /// - Throws: ``StorageError``: there is no database in it (`unknown`), it is of another version or
  ///   none of this engine, or it can't be read.
  public init(directory: String) throws(StorageError) {
    path = DataDirectory.databasePath(in: directory)
    guard Files.exists(path) else {
      throw StorageError(.unknown(what: "database"), operation: "open", path: path)
    }
    database = try Database(path, .read)
    try Schema.requireCurrent(database)
    try database.configureReader(cacheBytes: Self.cacheBytes)
  }

  /// All topics as they are at one instant, by name; what they keep is known to the server only.
  ///
  /// - Throws: ``StorageError`` if they can't be read.
  public func topics() throws(StorageError) -> [StoredTopic] {
    let transaction = try Transaction(reading: database)
    let topics = try Self.topics(database)
    transaction.end()
    return topics
  }

  static func topics(_ database: Database) throws(StorageError) -> [StoredTopic] {
    var topics: [StoredTopic] = []
    while true {
      let rows = try TopicRow.read(after: topics.last?.id.rawValue ?? 0, limit: 1_000, database)
      if rows.isEmpty {
        try TableRow.complete(&topics, database)
        return topics.sorted { $0.name < $1.name }
      }
      for row in rows {
        var topic = row
        try Extent.read(&topic, database)
        topics.append(topic)
      }
    }
  }

  /// Reads entries and marks.
  ///
  /// - Throws: ``StorageError``; with reason `damaged` names the entries that are damaged or gone.
  public func read(_ request: ReadRequest) throws(StorageError) -> StoredBatch {
    try LogReader(database).read(request)
  }
}
