// SPDX-License-Identifier: Apache-2.0

/// An open transaction: it is committed, or rolled back when it goes out of use.
struct Transaction: ~Copyable {
  private let database: Database

  /// Begins to write; no other connection can.
  init(writing database: Database) throws(StorageError) {
    try database.statement(.begin).run()
    self.database = database
  }

  /// Begins to read: everything is seen as it was at the first read.
  init(reading database: Database) throws(StorageError) {
    try database.statement(.beginReading).run()
    self.database = database
  }

  /// Makes what was written last.
  ///
  /// - Throws: ``StorageError``; it was rolled back then.
  consuming func commit() throws(StorageError) {
    // Afterwards the deinitializer finds no open transaction, or one that must be rolled back.
    try database.statement(.commit).run()
  }

  /// Ends one that only read: there is nothing to make last, and after a damaged page nothing to fail.
  consuming func end() {}

  deinit { Self.rollBack(database) }

  private static func rollBack(_ database: Database) {
    // SQLite rolls back by itself after some errors; then there is nothing left to do. A roll-back
    // that fails leaves the transaction open, which the next `begin` reports.
    guard database.isInTransaction else { return }
    try? database.statement(.rollback).run()
  }
}
