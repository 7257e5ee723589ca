// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A directory for the key files of one test, which goes with it.
final class KeyFiles {
  let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("weir-keys-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

  /// Puts a file in the place of another in one step, as who rotates keys should.
  @discardableResult
  func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    try Data(bytes).write(to: directory.appendingPathComponent(name), options: .atomic)
    return path(name)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }
}
