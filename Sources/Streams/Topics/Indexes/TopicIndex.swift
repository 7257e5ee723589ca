// SPDX-License-Identifier: Apache-2.0

/// What knows the newest entry of each key of one topic; touched only under that topic's lock.
@usableFromInline
protocol TopicIndex<Element>: AnyObject, Sendable {
  /// What the topic holds.
  associatedtype Element: Sendable

  /// The entries it keeps, in the order of their offsets.
  var slots: SlotLog<Element> { get }
  /// Up to here, entries were let go that no newer one had taken the place of.
  var lostThrough: Offset { get }
  /// The newest offset that it has taken note of; what stands before the first counts as such.
  var through: Offset { get }
  /// Entries that were let go though no newer one had taken their place.
  var evicted: UInt64 { get }
  /// The newest entry for which some were let go, or from which on that is not known; 0 for none.
  ///
  /// Whoever followed a table from before it has keys that are gone, and was not told.
  var evictedAt: Offset { get set }
  /// Whether so many older terminal entries are kept that it is worth while to look for some that
  /// nobody needs.
  var wantsPruning: Bool { get }

  /// Takes note of entries that were appended, in order.
  func note(_ elements: [Element], first: Offset, appended: Timestamp)

  /// Why a publish can't be taken: it would be too much, or the row of its one element is not what the
  /// publisher expects; `nil` if it can.
  func refusal(of elements: [Element], if condition: RowCondition?) -> RowRefusal?

  /// Lets older terminal entries go that stand before `offset`.
  func prune(before offset: Offset)

  /// Takes note that nothing before `offset` was ever seen.
  func start(at offset: Offset)
}

/// What an index has to know about an entry.
@usableFromInline
enum EntryKind: Sendable {
  /// A newer entry of its key takes its place.
  case ordinary
  /// It stays though there is a newer one of its key.
  case terminal
  /// It has no value: its key goes.
  case deletion
}
