// SPDX-License-Identifier: Apache-2.0

/// What a database says about the process that used it last.
///
/// A topic whose commits are not synced loses what the system had not written when the machine
/// stops. It then has another life, so that no reader takes an offset of the former for one of this.
struct Lifetime {
  /// Whether the last process closed the database.
  let wasClosed: Bool
  /// Whether commits that were not synced may be gone.
  let mayHaveLost: Bool

  /// Reads how the last process ended, before this one notes that it runs.
  ///
  /// A run of the machine whose name is not known counts as another one.
  init(lastIn database: Database, bootID: String?) throws(StorageError) {
    let closed = try Property.read(.closed, database)
    let lastBoot = try Property.read(.bootID, database)
    let isNew = closed == nil
    let isSameBoot = bootID != nil && bootID == lastBoot
    wasClosed = isNew || closed == "yes"
    mayHaveLost = !wasClosed && !isSameBoot
  }

  /// Notes that this process runs, within the transaction that draws the consequences of how the
  /// last one ended.
  ///
  /// It is synced before anything else is written: whatever a power loss leaves of this run, the
  /// next one knows that it did not end well.
  static func begin(in database: Database, bootID: String?) throws(StorageError) {
    try Property.write(.closed, "no", database)
    try Property.write(.bootID, bootID ?? "", database)
  }

  /// Notes that everything is written; the caller syncs it.
  static func end(in database: Database) throws(StorageError) {
    let transaction = try Transaction(writing: database)
    try Property.write(.closed, "yes", database)
    try transaction.commit()
  }
}

/// What the database says about itself.
enum Property: String {
  case closed = "closed"
  case bootID = "boot"
  /// What tells a commit from all others, where nothing else that it writes does.
  case commit = "commit"
  /// What is written to see whether the disk takes it.
  case probe = "probe"
  /// Whether there are logs that go on with what was left of a former life.
  case lives = "lives"

  static func read(_ property: Property, _ database: Database) throws(StorageError) -> String? {
    let statement = try database.statement(.readProperty)
    defer { statement.reset() }
    statement.bind(property.rawValue, at: 1)
    return try statement.step() ? statement.text(0) : nil
  }

  static func write(
    _ property: Property,
    _ value: String,
    _ database: Database
  ) throws(StorageError) {
    let statement = try database.statement(.writeProperty)
    statement.bind(property.rawValue, at: 1)
    statement.bind(value, at: 2)
    try statement.run()
  }
}
