// SPDX-License-Identifier: Apache-2.0

/// What makes a topic of events a table: the newest event per key, its subject, is kept as a row.
///
/// An event without data, whose data is JSON `null` or an empty text, deletes the row of its key. What
/// would be too much is refused, so that nobody who follows the changes has a row that is gone.
public struct TableSettings: Hashable, Sendable {
  /// The most rows; a publish that would make more is refused.
  ///
  /// Default 100,000.
  public var maximumRows = 100_000
  /// The most bytes of all rows, by the topic's weigher; a publish that would make more is refused.
  ///
  /// Default 64 MiB.
  public var maximumBytes = 64 << 20
  /// The most bytes of a key, in UTF-8.
  ///
  /// Default 255.
  public var maximumKeyBytes = 255
  /// The most bytes of a row's data.
  ///
  /// Default 1 MiB: what one publish over HTTP may hold.
  public var maximumValueBytes = 1 << 20
  /// What to do if a table on disk is not what was stored.
  ///
  /// Default: refuse it, and say what is wrong.
  public var recovery = TableRecovery.refuse

  /// Makes the default settings.
  public init() {}

  /// Refuses an event that can't be a row or delete one.
  ///
  /// - Throws: ``RowViolation``, the publisher's fault.
  public func check(_ event: Event) throws(RowViolation) {
    guard let key = event.subject, !key.isEmpty else {
      throw RowViolation(
        field: .key,
        description: "an event of a table has its key as subject, and this one has none"
      )
    }
    try check(key: key)
    guard event.data.count <= maximumValueBytes else {
      throw RowViolation(
        field: .data,
        description: "the data of a row has at most \(maximumValueBytes) bytes"
      )
    }
  }

  /// Refuses what can't be a key: 1 to ``maximumKeyBytes`` bytes without control characters, composed
  /// as far as it can be (Unicode normalization form C), and neither `.` nor `..`.
  ///
  /// Of two keys that are the same text in other bytes only one is allowed, since rows are told apart
  /// by text and clients tell keys apart by bytes; `.` and `..` never reach a server in a URL.
  /// - Throws: ``RowViolation``, the caller's fault.
  public func check(key: String) throws(RowViolation) {
    guard 1...maximumKeyBytes ~= key.utf8.count else {
      throw RowViolation(
        field: .key,
        description: "the key of a row has 1 to \(maximumKeyBytes) bytes"
      )
    }
    guard key != ".", key != ".." else {
      throw RowViolation(field: .key, description: "'\(key)' is no key: it has no place in a URL")
    }
    guard !key.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw RowViolation(
        field: .key,
        description: "the key of a row does not contain control characters"
      )
    }
    guard TopicName.isComposed(key) else {
      throw RowViolation(
        field: .key,
        description: "the key of a row is written in Unicode normalization form C"
      )
    }
  }
}

/// Why an event can't be a row of a table.
public struct RowViolation: Error, Hashable, Sendable, CustomStringConvertible {
  /// What of the event is wrong.
  public enum Field: Hashable, Sendable {
    /// Its key: the subject.
    case key
    /// Its data.
    case data
  }

  /// What of the event is wrong.
  public let field: Field
  /// The rule that is broken, as a sentence.
  public let description: String
}

extension Event {
  /// Whether it has no data, and so deletes the row of its key in a table.
  public var deletesRow: Bool {
    switch format {
    case .json: data.count == 4 && data.elementsEqual("null".utf8)
    case .text: data.isEmpty
    }
  }
}
