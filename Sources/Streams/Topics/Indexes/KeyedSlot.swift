// SPDX-License-Identifier: Apache-2.0

/// An entry that an index keeps: the newest of its key, or an older one that must be delivered.
@usableFromInline
struct KeyedSlot<Element: Sendable>: Sendable {
  /// What an entry is to its key.
  @usableFromInline
  enum Role: Sendable {
    /// Its newest entry, which a newer one takes the place of.
    case newest
    /// Its newest entry, which stays when there is a newer one.
    case newestTerminal
    /// An older entry, which stays.
    case terminal
    /// None: the entry was let go.
    case gone
  }

  @usableFromInline let offset: Offset
  @usableFromInline let appended: Timestamp
  /// What the element counts for in the index's byte limit.
  @usableFromInline let weight: Int
  @usableFromInline var role: Role
  /// The element; `nil` once it was let go.
  @usableFromInline var element: Element?

  @inlinable
  init(_ element: Element, offset: Offset, appended: Timestamp, weight: Int, isTerminal: Bool) {
    self.element = element
    self.offset = offset
    self.appended = appended
    self.weight = weight
    role = isTerminal ? .newestTerminal : .newest
  }

  @inlinable var isNewest: Bool { role == .newest || role == .newestTerminal }
}
