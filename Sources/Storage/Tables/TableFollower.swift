// SPDX-License-Identifier: Apache-2.0
internal import Streams

/// A topic's table as the writer knows it: by the payloads of entries.
struct TableFollower: Sendable {
  let form: StoredTable.Form
  let definition: String
  /// What the table keeps, to be changed by a transaction; `nil` once its topic is gone.
  let makeDraft: @Sendable () -> TableDraft?
  /// Makes it the topic's table.
  let show: @Sendable (_ end: Position, _ evictedAt: Offset) -> Void

  /// Makes a follower of payloads that `decode` reads; it answers `nil` for those it can't.
  init<Element: Sendable>(
    _ table: any JournalTable<Element>,
    _ form: StoredTable.Form,
    decode: @escaping @Sendable ([UInt8]) -> Element?
  ) {
    self.form = form
    definition = table.definition
    makeDraft = { table.makeDraft().map { TableDraft($0, decode) } }
    show = { table.show(end: $0, evictedAt: $1) }
  }
}

/// A table as it will be when a transaction is done; used by one thread.
struct TableDraft {
  /// The newest offset that it has taken note of.
  let through: () -> Offset
  /// Takes note of the entry behind it; of no payload, that there is none to be read.
  let note: (_ payload: [UInt8]?, Offset, Timestamp, _ isStored: Bool) -> TableEffect
  /// Why entries can't be appended behind those it knows; those that can't be read are passed over.
  let refusal: (_ payloads: [[UInt8]], RowCondition?) -> RowRefusal?
  /// Ends it because the transaction is committed.
  let commit: () -> Void

  init<Element: Sendable>(
    _ draft: any JournalTableDraft<Element>,
    _ decode: @escaping @Sendable ([UInt8]) -> Element?
  ) {
    through = { draft.through }
    note = { payload, offset, appended, isStored in
      draft.note(payload.flatMap(decode), at: offset, appended: appended, isStored: isStored)
    }
    refusal = { draft.refusal(of: $0.compactMap(decode), if: $1) }
    commit = { draft.commit() }
  }
}
