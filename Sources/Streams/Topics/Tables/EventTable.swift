// SPDX-License-Identifier: Apache-2.0

/// The rows of a topic of events that is a table: its newest event per key.
///
/// It and its topic are two views of one log: what is published is in the table at the same instant.
/// Everything is safe to call from any thread and returns at once.
public struct EventTable: Sendable {
  /// A key with its newest event.
  public struct Row: Sendable {
    /// The key.
    public let key: String
    /// The event that has set it.
    public let event: Event
    /// The offset at which it was set.
    public let offset: Offset
    /// The instant at which it was set, as the topic gave it.
    public let appended: Timestamp

    /// Puts a row together.
    public init(key: String, event: Event, offset: Offset, appended: Timestamp) {
      (self.key, self.event, self.offset, self.appended) = (key, event, offset, appended)
    }
  }

  /// Some rows, in the order of the bytes of their keys, all as they were at one offset.
  public struct Page: Sendable {
    /// The rows.
    public var rows: [Row] = []
    /// The newest offset that they take into account; 0 before the first.
    ///
    /// Pages that are read one after the other are of different offsets: the changes behind the first,
    /// applied in order, give the exact table.
    public var offset: Offset = 0
    /// Behind which key the next page begins; `nil` if this is the last.
    public var next: String?

    /// Puts a page together; by default that of an empty table.
    public init(rows: [Row] = [], offset: Offset = 0, next: String? = nil) {
      (self.rows, self.offset, self.next) = (rows, offset, next)
    }
  }

  /// What its changes are published into.
  public let topic: Topic<Event>
  /// How large it may become, and what can be a row.
  public let settings: TableSettings
  private let index: KeyIndex<Event, String>

  /// Looks at the rows of a topic; its index keeps its keys in order.
  init(_ topic: Topic<Event>, _ settings: TableSettings, _ index: KeyIndex<Event, String>) {
    (self.topic, self.settings, self.index) = (topic, settings, index)
  }

  /// The row of a key at this instant; `nil` if there is none.
  public subscript(key: String) -> Row? {
    topic.state.withLock { _ in row(key) }
  }

  /// Reads rows behind a key.
  ///
  /// - Parameters:
  ///   - key: The key; `nil` for the beginning.
  ///   - limit: The most rows, at least one.
  ///   - bytes: The most bytes of rows, by the topic's weigher, but for one row.
  /// - Returns: The page. It costs O(limit + log n), during which nothing is published.
  public func page(after key: String? = nil, limit: Int, bytes: Int) -> Page {
    topic.state.withLock { _ in
      var page = Page(offset: index.through)
      var left = bytes
      let keys = (index.observer as? KeyOrder)?.keys ?? SortedKeys()
      keys.forEach(after: key) { key in
        guard let row = row(key) else { return true }
        guard page.rows.count < limit, page.rows.isEmpty || row.event.weight <= left else {
          page.next = page.rows.last?.key
          return false
        }
        left -= row.event.weight
        page.rows.append(row)
        return true
      }
      return page
    }
  }

  /// The newest offset that the rows take into account; 0 before the first.
  public var offset: Offset { topic.state.withLock { _ in index.through } }

  /// What the table keeps and has let go.
  public var statistics: TableStatistics {
    topic.state.withLock { _ in
      TableStatistics(count: index.newest.count, bytes: index.slots.bytes, evicted: index.evicted)
    }
  }

  /// Whether the changes behind an offset lead from the table as it was then to what it is now.
  ///
  /// They do not if rows have gone that no change says so of: it was opened with smaller limits, or
  /// without some of what was stored.
  public func changesLead(from offset: Offset) -> Bool {
    topic.state.withLock { _ in index.evictedAt == 0 || offset > index.evictedAt }
  }

  private func row(_ key: String) -> Row? {
    guard let offset = index.newest[key] else { return nil }
    var place = index.slots.place(from: offset)
    guard let slot = index.slots.next(&place), let event = slot.element else { return nil }
    return Row(key: key, event: event, offset: slot.offset, appended: slot.appended)
  }
}
