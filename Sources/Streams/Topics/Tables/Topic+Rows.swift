// SPDX-License-Identifier: Apache-2.0

// The topics of a directory that are tables by its rules.
extension Topic<Event> {
  /// What is stored of how rows are told apart, so that a table of other keys is not taken for this.
  static let rowDefinition = "subject"

  /// Its rows; `nil` if it is no table, or a durable one that nobody has opened yet.
  public var table: EventTable? {
    guard let settings = tableSettings else { return nil }
    let index = state.withLock { $0.extras?.indexes.table }
    // A program may have made it a table of its own keys.
    guard let index = index as? KeyIndex<Event, String>, index.observer is KeyOrder else {
      return nil
    }
    return EventTable(self, settings, index)
  }

  /// Its rows; those of a durable topic are read from disk first, which suspends.
  ///
  /// - Returns: The table; `nil` if it is none by its directory's rules.
  /// - Throws: ``TableError``; the topic has no table then.
  public nonisolated(nonsending) func openRows() async throws(TableError) -> EventTable? {
    guard let settings = tableSettings else { return nil }
    if let table { return table }
    let isDoubtful = settings.recovery == .useWhatIsThere
    try await openTable(Self.rowDefinition, settings.recovery) {
      DurableKeys($0, $1, Self.makeIndex(settings, $2), isDoubtful: isDoubtful)
    }
    return table
  }

  /// Makes the topic a table if its directory's rules say so; that of a durable topic is opened before
  /// anything is stored, so that no entry passes it by.
  func keepRows() {
    guard let settings = tableSettings else { return }
    guard let journal else {
      keepTable { Self.makeIndex(settings, $0) }
      return
    }
    journal.requireTable { [weak self] in
      guard let self else { return JournalError(.closed, "the topic is not used any more") }
      do throws(TableError) {
        _ = try await self.openRows()
        return nil
      } catch {
        return JournalError(error)
      }
    }
  }

  private static func makeIndex(
    _ settings: TableSettings,
    _ weigher: Weigher<Event>
  ) -> KeyIndex<Event, String> {
    let rules = KeyRules<Event, String>(
      key: { $0.subject ?? "" },
      // What has no key is no row; a program may have published it.
      kind: { $0.deletesRow || $0.subject == nil || $0.subject == "" ? .deletion : .ordinary },
      maximumKeys: settings.maximumRows,
      maximumBytes: settings.maximumBytes,
      refusesExcess: true
    )
    return KeyIndex(rules, weigher: weigher, observer: KeyOrder())
  }
}
