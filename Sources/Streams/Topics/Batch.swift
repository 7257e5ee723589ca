// SPDX-License-Identifier: Apache-2.0

/// A contiguous run of entries and marks: the unit that crosses an actor or thread border.
public struct Batch<Element: Sendable>: Sendable {
  /// What a batch holds, in the order of the log.
  public enum Item: Sendable {
    /// Entries that were appended at one instant.
    case run(Run<Element>)
    /// A mark, and the instant at which it was set.
    case mark(Mark, appended: Timestamp)
    /// Entries that are gone: they were missed here, before what follows.
    case gap(Gap)
  }

  /// The runs, marks and gaps, in order.
  public var items: [Item]
  /// The topic's promise that nothing will be appended at or before this instant, if it gave one.
  public var silentThrough: Timestamp?

  /// Makes a batch.
  @inlinable
  public init(items: [Item] = [], silentThrough: Timestamp? = nil) {
    self.items = items
    self.silentThrough = silentThrough
  }

  /// Tells whether there is nothing in it, not even a promise.
  @inlinable public var isEmpty: Bool { items.isEmpty && silentThrough == nil }

  /// The number of entries, marks and gaps not counted.
  public var count: Int {
    var count = 0
    for case .run(let run) in items { count += run.count }
    return count
  }

  /// The elements in order; meant for tests and small batches.
  public var elements: [Element] {
    items.flatMap { item -> [Element] in
      if case .run(let run) = item { Array(run) } else { [] }
    }
  }
}
