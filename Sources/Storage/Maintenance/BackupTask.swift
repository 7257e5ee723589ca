// SPDX-License-Identifier: Apache-2.0

/// A copy of the database, made some pages at a time by the connection that writes.
///
/// Because it is that connection, SQLite keeps what was copied up to date with every commit: the copy
/// is the database at the instant when it is done, however long it took.
// Only the writing thread uses it.
final class BackupTask: @unchecked Sendable {
  private let target: String
  private let copy: PageCopy
  private let onProgress: @Sendable (_ copied: Int, _ total: Int) -> Bool
  private let answer: @Sendable (Result<Void, StorageError>) -> Void
  private var isDone = false

  init(
    _ target: String,
    _ onProgress: @escaping @Sendable (_ copied: Int, _ total: Int) -> Bool,
    _ answer: @escaping @Sendable (Result<Void, StorageError>) -> Void
  ) {
    self.target = target
    self.onProgress = onProgress
    self.answer = answer
    copy = PageCopy(to: target)
  }

  /// Copies some pages; answers whether there are more.
  func step(_ writer: LogWriter) -> Bool {
    guard !isDone else { return false }
    do throws(StorageError) {
      if !copy.isUnderWay {
        try copy.begin(from: try writer.connected())
        writer.backups.append(self)
      }
      guard try copy.step(onProgress) else { return true }
      end(writer)
      finish()
    } catch {
      end(writer)
      fail(error)
    }
    return false
  }

  private func end(_ writer: LogWriter) {
    release()
    writer.backups.removeAll { $0 === self }
  }

  private func release() {
    isDone = true
    copy.release()
  }

  /// The sync of a large file takes long, so it is not the writing thread that waits for it.
  private func finish() {
    let (copy, answer) = (copy, answer)
    let isStarted = DedicatedThread.start("weir-backup") {
      answer(Result { () throws(StorageError) in try copy.publish() })
    }
    if !isStarted { fail(StorageError(.outOfMemory, operation: "back up", path: target)) }
  }

  private func fail(_ error: StorageError) {
    copy.discard()
    answer(.failure(error))
  }

  /// Ends it because the connection goes.
  func interrupt() {
    guard !isDone else { return }
    release()
    fail(StorageError(.closed, operation: "back up", path: target))
  }
}
