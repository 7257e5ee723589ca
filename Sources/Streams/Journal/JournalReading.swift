// SPDX-License-Identifier: Apache-2.0

/// Where a read of a journal begins and how much it gives.
public struct JournalRequest: Hashable, Sendable {
  /// Where the reader stands; a mark number of 0 asks for all marks behind the entry before, the
  /// greatest one for none.
  public var position: Position
  /// Where the read ends at the latest: nothing behind it is given.
  public var end: Position
  /// The most entries, and the most marks.
  public var limit: Int
  /// The most bytes, but for one entry.
  public var bytes: Int
}

/// What a read of a journal gave.
public struct JournalBatch<Element: Sendable>: Sendable {
  /// What stands in a log.
  public enum Item: Sendable {
    /// An entry, with its instant.
    case entry(Offset, Element, appended: Timestamp)
    /// A mark, with its instant.
    case mark(Mark, appended: Timestamp)
    /// Entries that retention has taken, or that are damaged and can't be given.
    case gap(Gap)
  }

  /// The entries, marks and gaps, in order.
  public var items: [Item]
  /// Where the next read begins.
  public var next: Position

  /// Makes a batch.
  public init(_ items: [Item], next: Position) {
    self.items = items
    self.next = next
  }

  /// The same as a topic hands it out.
  var batch: Batch<Element> {
    var batch = Batch<Element>()
    let runs = RunGatherer<Element>(capacity: max(1, items.count))
    for item in items {
      switch item {
      case .entry(let offset, let element, let appended):
        runs.add(element, offset, appended: appended, to: &batch.items)
      case .mark(let mark, let appended): batch.items.append(.mark(mark, appended: appended))
      case .gap(let gap): batch.items.append(.gap(gap))
      }
    }
    return batch
  }
}

/// Entries of a topic, read wherever they are.
public struct TopicReadBack<Element: Sendable>: Sendable {
  /// The entries and marks; what is gone is told as gaps.
  public let batch: Batch<Element>
  /// Where the next read begins.
  public let next: Position
}
