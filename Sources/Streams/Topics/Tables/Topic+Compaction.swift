// SPDX-License-Identifier: Apache-2.0

extension Topic {
  /// Makes the topic a table: keeps its newest entry per key from now on, however much it drops.
  ///
  /// A cursor that starts at ``CursorStart/snapshot`` gets these entries, then what follows. It
  /// begins with what the topic keeps, and lasts as long as the topic; a topic that is a table
  /// already stays as it is. For a topic of ``TableChange``, ``Table`` does it and gives access by key.
  /// The table of a durable topic is opened instead, by
  /// ``openTable(named:by:deleting:maximumKeys:maximumBytes:recovery:)``.
  ///
  /// ```swift
  /// drafts.keepNewest(by: { $0.subject ?? "" }, deleting: { $0.data.isEmpty })
  /// let cursor = Cursor(drafts, from: .snapshot)
  /// ```
  /// - Parameters:
  ///   - key: What an entry is about. It is called while the topic is locked: it is short and does
  ///     not touch the topic; the same holds for `isDeletion`.
  ///   - isDeletion: Whether an entry deletes its key.
  ///   - maximumKeys: The most keys; beyond it those go whose entries are the oldest. Default 100,000.
  ///   - maximumBytes: The most bytes, by the topic's weigher; beyond it the same happens, but never
  ///     to the newest entry. Default 64 MiB.
  @inlinable
  public func keepNewest<Key: Hashable & Sendable>(
    by key: @escaping @Sendable (Element) -> Key,
    deleting isDeletion: @escaping @Sendable (Element) -> Bool,
    maximumKeys: Int = 100_000,
    maximumBytes: Int = 64 << 20
  ) {
    let rules = KeyRules(
      key: key,
      kind: { isDeletion($0) ? .deletion : .ordinary },
      maximumKeys: maximumKeys,
      maximumBytes: maximumBytes
    )
    keepTable { KeyIndex(rules, weigher: $0) }
  }

  /// The index of the topic's table, made if it has none.
  @usableFromInline
  @discardableResult
  func keepTable(
    _ makeIndex: @escaping @Sendable (Weigher<Element>) -> any TopicIndex<Element>
  ) -> any TopicIndex<Element> {
    let weigher = weigher
    return state.withLock { state in
      precondition(
        journal == nil || state.extras?.indexes.table != nil,
        "the table of a durable topic is on disk and takes time to read: open it first"
      )
      return state.makeExtras().indexes.keepTable(of: state.log) { makeIndex(weigher) }
    }
  }
}
