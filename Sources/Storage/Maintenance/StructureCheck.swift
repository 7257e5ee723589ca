// SPDX-License-Identifier: Apache-2.0
internal import CSQLite

/// SQLite's own check of its pages and indexes.
enum StructureCheck {
  /// Looked at by SQLite while it works.
  private final class Watch {
    let goesOn: () -> Bool
    init(_ goesOn: @escaping () -> Bool) { self.goesOn = goesOn }
  }

  /// Steps of SQLite's machine between two looks.
  private static let stepsBetweenLooks: Int32 = 100_000

  /// Checks the database; answers what is wrong, at most a hundred lines.
  ///
  /// - Throws: ``StorageError``, with reason `cancelled` if `goesOn` answered `false`.
  static func run(
    _ database: Database,
    goesOn: @escaping () -> Bool
  ) throws(StorageError) -> [String] {
    let watch = Unmanaged.passRetained(Watch(goesOn))
    sqlite3_progress_handler(
      database.handle,
      stepsBetweenLooks,
      { context in
        guard let context else { return 0 }
        return Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().goesOn() ? 0 : 1
      },
      watch.toOpaque()
    )
    defer {
      sqlite3_progress_handler(database.handle, 0, nil, nil)
      watch.release()
    }
    let check = try Statement("PRAGMA integrity_check(100)", operation: "check", database)
    var lines: [String] = []
    do throws(StorageError) {
      while try check.step() { lines.append(check.text(0)) }
    } catch {
      guard error.reason == .corrupt else { throw error }
      lines.append(error.description)
    }
    return lines == ["ok"] ? [] : lines
  }
}
