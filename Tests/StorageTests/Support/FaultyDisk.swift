// SPDX-License-Identifier: Apache-2.0
import Foundation
import StorageFaults

@testable import Storage

/// A disk that fails and loses power when a test says so; see `StorageFaults`.
// The C side has a lock of its own.
final class FaultyDisk: @unchecked Sendable {
  let name = "faults-\(UUID().uuidString)"
  private let disk: OpaquePointer

  init() {
    guard let disk = faults_create(name) else { preconditionFailure("there is memory") }
    self.disk = disk
  }

  deinit { faults_destroy(disk) }

  /// The calls since it was made or armed.
  var calls: Int { Int(faults_calls(disk)) }
  /// The syncs that were asked for.
  var syncs: Int { Int(faults_syncs(disk)) }

  /// Lets calls fail from the `first`th on.
  func arm(_ kind: faults_kind, from first: Int, count: Int = 1) {
    faults_arm(disk, kind, Int64(first), Int64(count))
  }

  /// Lets all calls succeed.
  func heal() { faults_arm(disk, faults_none, 0, 0) }

  /// Lets one sync of a file fail and lose what was written, the `which`th from now on; 0 lets none.
  func dropSync(_ which: Int = 1, of file: faults_target) {
    faults_drop_sync(disk, file, Int64(which))
  }

  /// Has each write to the database take so long.
  func delayDatabase(microseconds: Int32) { faults_delay_database(disk, microseconds) }

  func ignoreSyncs() { faults_ignore_syncs(disk, 1) }

  /// Writes what a power loss leaves.
  func losePower(into directory: String, seed: UInt64, sectorBytes: Int = 512) throws {
    let code = faults_lose_power(disk, directory, seed, Int32(sectorBytes))
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
  }
}

/// Whether the pages of a database fit together.
enum Structure {
  static func fault(_ database: Database) throws -> String? {
    let statement = try Statement("PRAGMA integrity_check", operation: "check", database)
    _ = try statement.step()
    let answer = statement.text(0)
    return answer == "ok" ? nil : answer
  }
}
