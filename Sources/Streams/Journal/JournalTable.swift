// SPDX-License-Identifier: Apache-2.0

/// The table of a topic with a journal: it tells which entries stay, and the journal stores those
/// beside its log, in the commits of the entries.
///
/// A topic gives it to its journal by ``TopicJournal/openTable(_:recovery:)``. The journal calls it
/// from its threads, one call after the other.
public protocol JournalTable<Element>: AnyObject, Sendable {
  /// What the topic holds.
  associatedtype Element: Sendable

  /// What the table's keys are; kept on disk, so that a table of other keys is not taken for this.
  var definition: String { get }

  /// What the table keeps, to be changed by what a commit holds; `nil` once its topic is gone.
  ///
  /// Only one is in use at a time; one that is let go has changed nothing.
  func makeDraft() -> (any JournalTableDraft<Element>)?

  /// Makes it the topic's table; called once it has taken note of everything that is stored, when
  /// the topic has been told of that, and before it is told of what follows.
  ///
  /// - Parameters:
  ///   - end: What the topic's next entry and mark get.
  ///   - evictedAt: The newest offset by which entries were let go that no change says so of, as the
  ///     journal knows it by ``TableEffect/isExcess``; 0 if none were.
  func show(end: Position, evictedAt: Offset)
}

/// A table as it will be when a commit is done.
public protocol JournalTableDraft<Element>: AnyObject {
  /// What the topic holds.
  associatedtype Element: Sendable

  /// The newest offset that it has taken note of.
  var through: Offset { get }

  /// Takes note of the entry behind those it knows.
  ///
  /// - Parameters:
  ///   - element: The entry; `nil` if it can't be read and changes nothing.
  ///   - offset: Its offset, greater than ``through``.
  ///   - appended: Its instant.
  ///   - isStored: Whether it was stored before: else the topic is told of it after the commit.
  /// - Returns: What becomes of the entries that the table keeps.
  func note(
    _ element: Element?,
    at offset: Offset,
    appended: Timestamp,
    isStored: Bool
  ) -> TableEffect

  /// Why entries can't be appended behind those it knows: they would be too much, or the row of the one
  /// there is is not what its publisher expects; `nil` if they can.
  func refusal(of elements: [Element], if condition: RowCondition?) -> RowRefusal?

  /// Ends it because what it was told is committed: the table has all of it that was stored before.
  func commit()
}

extension JournalTableDraft {
  /// Takes everything that comes without a condition.
  public func refusal(of elements: [Element], if condition: RowCondition?) -> RowRefusal? {
    condition == nil ? nil : .notMatched(newest: nil)
  }
}

/// What an entry changes of the entries that a table keeps.
public struct TableEffect: Hashable, Sendable {
  /// Whether the entry stays.
  public var isKept: Bool
  /// The offsets of entries that do not stay any more: it has taken their place, or there were too
  /// many.
  public var gone: [Offset]
  /// Whether some of them are gone since there were too many.
  public var isExcess: Bool

  /// Makes an effect; by default nothing changes.
  @inlinable
  public init(isKept: Bool = false, gone: [Offset] = [], isExcess: Bool = false) {
    self.isKept = isKept
    self.gone = gone
    self.isExcess = isExcess
  }
}
