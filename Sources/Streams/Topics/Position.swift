// SPDX-License-Identifier: Apache-2.0

/// The number of an entry in its topic: the first is 1, and there are no holes.
public typealias Offset = UInt64

/// Names one life of a log, so that an offset of a former life is never taken for one of this.
public struct Epoch: Hashable, Sendable, CustomStringConvertible {
  /// The epoch as a number; never zero.
  public let rawValue: UInt64

  /// Makes the epoch of a new life, different from any other with near certainty.
  public init() {
    rawValue = UInt64.random(in: 1...UInt64.max)
  }

  /// Makes a stated epoch.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Reads the text form; `nil` when `text` is not one.
  public init?(_ text: some StringProtocol) {
    guard let value = UInt64(text, radix: 36), value != 0, String(value, radix: 36) == text else {
      return nil
    }
    rawValue = value
  }

  /// The text form on the wire: lower case, base 36.
  public var description: String { String(rawValue, radix: 36) }
}

/// A record between entries that takes no offset.
public enum Mark: Hashable, Sendable {
  /// No further element with an event time before this instant is expected.
  case watermark(Timestamp)
  /// A source has given all it had; the topic lives on.
  case endOfInput
}

/// A stretch of offsets that a cursor could not deliver: both ends were missed.
public struct Gap: Hashable, Sendable {
  /// The first offset that was missed.
  public let from: Offset
  /// The last offset that was missed.
  public let to: Offset

  /// Makes a gap; `from` is at most `to`.
  @inlinable
  public init(from: Offset, to: Offset) {
    precondition(from <= to, "a gap has at least one offset")
    self.from = from
    self.to = to
  }

  /// How many entries were missed.
  @inlinable public var count: UInt64 { to - from + 1 }
}

/// Where a reader stands in a log: behind an entry and behind a mark.
public struct Position: Hashable, Sendable {
  /// The offset that is read next.
  public var next: Offset
  /// The number of the mark that is read next; marks are numbered through the life of a log.
  public var nextMark: UInt64

  /// Makes a position.
  @inlinable
  public init(next: Offset, nextMark: UInt64) {
    self.next = next
    self.nextMark = nextMark
  }
}
