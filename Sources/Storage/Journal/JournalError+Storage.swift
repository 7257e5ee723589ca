// SPDX-License-Identifier: Apache-2.0
internal import Streams

extension JournalReceipt {
  init(_ receipt: AppendReceipt) {
    self.init(
      epoch: receipt.epoch,
      firstOffset: receipt.firstOffset,
      lastOffset: receipt.lastOffset,
      appended: receipt.appended,
      firstMark: receipt.firstMark,
      isRepeat: receipt.isRepeat
    )
  }
}

extension JournalError {
  /// What a topic's users are told of an error of the store.
  init(_ error: StorageError) {
    let kind: Kind =
      switch error.reason {
      case .overloaded: .overloaded
      case .topicFull, .storeFull: .full
      case .tableFull: .tableFull
      case .notMatched(let newest): .notMatched(newest: newest)
      case .keyReused(let count): .keyReused(count: count)
      case .tooLarge, .exhausted: .tooLarge
      case .closed: .closed
      case .doubtful: .doubtful
      case .diskFull, .notWritable, .inputOutput, .olderSchema, .corrupt, .damaged, .damagedMark,
        .damagedState,
        .notADatabase,
        .busy, .inUse, .newerSchema, .outOfMemory, .unknown, .exists, .cancelled, .unexpected:
        .unavailable
      }
    // Without the file: those who are told are not all on this machine.
    self.init(kind, error.summary)
  }
}
