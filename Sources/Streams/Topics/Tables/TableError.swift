// SPDX-License-Identifier: Apache-2.0

/// Why the table of a durable topic was not opened; the topic has none then.
public enum TableError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The store can't be read or written, or the server ends; if it `isTransient`, try again.
  case notOpened(JournalError)
  /// Rows of the table are not what was stored, or gone: these offsets, at most a hundred of them.
  /// Without an offset it is not known which.
  case damaged(topic: String, offsets: [Offset])
  /// What is stored is a table of other keys.
  case otherDefinition(topic: String, stored: String, asked: String)
  /// Entries of the log that the table has not seen are damaged or gone.
  case damagedLog(topic: String, Gap)
  /// It can't be, for a reason that another start does not change.
  case refused(topic: String, reason: String)
  /// Retention has deleted entries that the table has not seen: nobody had opened it meanwhile.
  case missed(topic: String, Gap)

  /// What happened and what helps.
  public var description: String {
    switch self {
    case .notOpened(let error): "the table was not opened: \(error)"
    case .damaged(let topic, let offsets):
      "the table of topic '\(topic)' is damaged on disk\(Self.words(offsets)); restore a backup, "
        + "or open it with the recovery 'useWhatIsThere', which leaves out what is damaged"
    case .otherDefinition(let topic, let stored, let asked):
      "the table of topic '\(topic)' has other keys: '\(stored)' is stored, '\(asked)' was asked "
        + "for; name another topic, or open it with the recovery 'useWhatIsThere', which begins anew"
    case .damagedLog(let topic, let gap):
      "entries \(gap.from) to \(gap.to) of topic '\(topic)', which its table has not seen, are damaged "
        + "or gone; restore a backup, or open it with the recovery 'useWhatIsThere', which goes on "
        + "without them"
    case .refused(let topic, let reason): "topic '\(topic)' can't have this table: \(reason)"
    case .missed(let topic, let gap):
      "the table of topic '\(topic)' has not seen the entries \(gap.from) to \(gap.to), which "
        + "retention has deleted; open it before publishing, or with the recovery 'useWhatIsThere', "
        + "which begins anew with the entries that are kept"
    }
  }

  private static func words(_ offsets: [Offset]) -> String {
    offsets.isEmpty ? "" : " (what was set at \(offsets.firstOnes))"
  }
}

extension [Offset] {
  /// The first five in words, and whether there are more.
  package var firstOnes: String {
    prefix(5).map { "\($0)" }.joined(separator: ", ") + (count > 5 ? " and more" : "")
  }
}

/// What opening a table does when something of it is not what was stored.
public enum TableRecovery: Hashable, Sendable {
  /// It throws a ``TableError`` that says what; nothing is changed. Default.
  case refuse
  /// It goes on without: damaged rows are deleted, damaged entries passed over; a table of other
  /// keys, or one that has missed entries, begins anew with the entries that the topic keeps.
  case useWhatIsThere
}
