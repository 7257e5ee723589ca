// SPDX-License-Identifier: Apache-2.0

/// A directory that one process uses to store what outlives it.
///
/// It holds `weir.db`, the database, with SQLite's `weir.db-wal` and `weir.db-shm` beside it, and
/// `weir.lock`, whose holder may use them.
struct DataDirectory: ~Copyable {
  let path: String
  private let lock: DirectoryLock

  /// Takes a directory, made if it is not there.
  ///
  /// - Throws: ``StorageError`` if another process has it, or it can't be made or written.
  init(_ path: String) throws(StorageError) {
    try Self.make(path)
    lock = try DirectoryLock("\(path)/weir.lock")
    self.path = path
  }

  private static func make(_ path: String) throws(StorageError) {
    guard !Files.exists(path) else { return }
    try Files.makeDirectory(path)
    try Files.synchronize(Files.parent(of: path))
  }

  /// The database's file.
  var databasePath: String { Self.databasePath(in: path) }

  /// The database's file in a directory.
  static func databasePath(in path: String) -> String { "\(path)/weir.db" }
}

/// Holds a directory until it is released, on whatever thread that is.
// Only the thread that writes touches it, once.
final class DirectoryHold: @unchecked Sendable {
  private var directory: DataDirectory?

  init(_ directory: consuming DataDirectory) {
    self.directory = consume directory
  }

  func release() { directory = nil }
}
