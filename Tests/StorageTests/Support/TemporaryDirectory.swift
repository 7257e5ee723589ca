// SPDX-License-Identifier: Apache-2.0
import Foundation

@testable import Storage

/// A directory of its own for a test, gone with the last who holds it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    let name = "weir-storage-\(UUID().uuidString)"
    // In memory where there is such a place: what a sync is worth is for the faulty disk to show.
    let memory = URL(fileURLWithPath: "/dev/shm")
    let isThere = FileManager.default.isWritableFile(atPath: memory.path)
    let parent = isThere ? memory : FileManager.default.temporaryDirectory
    let url = parent.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var database: String { "\(path)/weir.db" }

  /// Opens the database as the thread that writes does.
  func writer() throws -> Database {
    let database = try Database(database, .write)
    try database.configureWriter(cacheBytes: 1 << 20)
    return database
  }
}
