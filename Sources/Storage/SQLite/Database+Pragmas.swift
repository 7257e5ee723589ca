// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// Settings of a connection, each checked by what SQLite answers: a pragma that it does not follow
/// is no error to it.
extension Database {
  /// The value of a pragma.
  func pragma(_ name: String) throws(StorageError) -> String {
    let statement = try Statement("PRAGMA \(name)", operation: "pragma \(name)", self)
    guard try statement.step() else { return "" }
    return statement.text(0)
  }

  /// The value of a pragma that is a number.
  func number(_ name: String) throws(StorageError) -> Int {
    let text = try pragma(name)
    guard let number = Int(text) else {
      throw StorageError(.unexpected, operation: "pragma \(name)", path: path, detail: text)
    }
    return number
  }

  /// Sets a pragma and reads it back.
  ///
  /// - Throws: ``StorageError`` if SQLite refuses or has another value after it.
  func setPragma(_ name: String, to value: String, reading expected: String) throws(StorageError) {
    try execute("PRAGMA \(name) = \(value)", "pragma \(name)")
    let found = try pragma(name)
    guard found == expected else {
      throw StorageError(
        .unexpected,
        operation: "pragma \(name)",
        path: path,
        detail: "wanted \(expected), found \(found)"
      )
    }
  }

  /// Makes the connection one that writes the log: WAL mode, with checkpoints when the owner says.
  func configureWriter(cacheBytes: Int) throws(StorageError) {
    // Free pages can only be given back if the file has said so before its first table.
    if try number("page_count") == 0 {
      try setPragma("auto_vacuum", to: "INCREMENTAL", reading: "2")
    }
    try setPragma("journal_mode", to: "WAL", reading: "wal")
    try setPragma("wal_autocheckpoint", to: "0", reading: "0")
    try setPragma("synchronous", to: "FULL", reading: "2")
    // Some builds write zeros over what is deleted, which doubles what deleting writes.
    try setPragma("secure_delete", to: "FAST", reading: "2")
    try configure(cacheBytes: cacheBytes)
  }

  /// Makes the connection one that only reads.
  func configureReader(cacheBytes: Int) throws(StorageError) {
    try setPragma("query_only", to: "ON", reading: "1")
    try configure(cacheBytes: cacheBytes)
  }

  private func configure(cacheBytes: Int) throws(StorageError) {
    let kibibytes = max(64, cacheBytes >> 10)
    try setPragma("cache_size", to: "-\(kibibytes)", reading: "-\(kibibytes)")
    // Text of the schema is never trusted to call functions.
    try setPragma("trusted_schema", to: "OFF", reading: "0")
  }
}
