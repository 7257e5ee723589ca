// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A directory of its own for a test, gone with the last who holds it.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    let name = "weir-storage-\(UUID().uuidString)"
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var database: String { "\(path)/weir.db" }
}
