// SPDX-License-Identifier: Apache-2.0

/// Why a journal has not stored or read something.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Who can do something about it.
  public enum Kind: Hashable, Sendable {
    /// The disk is full, can't be written or fails; it is tried again each second.
    case unavailable
    /// More waits to be stored or read than may: a slower publisher helps.
    case overloaded
    /// The topic or the store holds as much as it may, and its policy is to refuse.
    case full
    /// The topic's table is damaged or of another definition: what its rows do not judge is not stored.
    case tableUnavailable
    /// The topic's table has as many rows or bytes as it may.
    case tableFull
    /// The row is not what the publisher expects: it was set at this offset, or there is none.
    case notMatched(newest: Offset?)
    /// The idempotency key belongs to another publish, of so many entries.
    case keyReused(count: Int)
    /// The publish is more than can be stored at once, or has what can't be written down.
    case tooLarge
    /// The store is closed: the server ends.
    case closed
    /// The store was closed before it was known whether the disk has it: it may be there later.
    case doubtful
  }

  /// Who can do something about it.
  public let kind: Kind
  /// What happened and what helps.
  public let description: String

  /// How long whoever can wait does so before it tries again: as often the store itself does.
  public static let pause = Duration.seconds(1)

  /// Whether the same may succeed later, without a change of what is asked.
  public var isTransient: Bool {
    switch kind {
    case .unavailable, .overloaded, .full, .tableFull, .tableUnavailable: true
    case .notMatched, .keyReused, .tooLarge, .closed, .doubtful: false
    }
  }

  /// What a reader is told of a log that has begun another life: that is no end of its input.
  static let otherLife = JournalError(
    .closed,
    "the disk has lost entries that were acknowledged, and the topic has begun another life: start anew"
  )

  /// Makes an error.
  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// What a publisher is told of a table that can't be opened: what nobody judges is not stored.
  init(_ error: TableError) {
    if case .notOpened(let reason) = error {
      self = reason
    } else {
      self.init(.tableUnavailable, error.description)
    }
  }

  /// What a publisher is told of a table that does not take its publish.
  public init(_ refusal: RowRefusal) {
    switch refusal {
    case .full: self.init(.tableFull, refusal.description)
    case .notMatched(let newest): self.init(.notMatched(newest: newest), refusal.description)
    }
  }
}
