// SPDX-License-Identifier: Apache-2.0
import Streams

// Entries that are older than what a durable topic keeps in memory.
extension FrameLog {
  /// Reads entries from the topic's journal and encodes them there, on a thread that reads.
  ///
  /// What the disk does not give is tried again each second, until the store is closed.
  /// - Parameters:
  ///   - offset: The first entry that is wanted.
  ///   - completion: Called once from any thread, but for the end of the store.
  func load(from offset: Offset, completion: @escaping @Sendable (Slice) -> Void) {
    let position = Position(next: offset, nextMark: .max)
    topic.readBack(
      from: position,
      limit: FanOutLimits.loadedFrames,
      bytes: FanOutLimits.loadedBytes
    ) { result in
      switch result {
      case .success(let found):
        completion(self.encode(found.batch, from: offset, FanOutLimits.loadedBytes))
      case .failure(let error) where !error.isTransient: break
      case .failure:
        Task {
          // Nobody cancels it.
          try? await Task.sleep(for: JournalError.pause)
          self.load(from: offset, completion: completion)
        }
      }
    }
  }
}
