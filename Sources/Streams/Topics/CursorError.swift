// SPDX-License-Identifier: Apache-2.0

/// Why a cursor hands out nothing more, by the policy ``OverrunPolicy/fail`` or because its topic's
/// journal is closed; it stays where it is.
public enum CursorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The topic dropped these entries before they were read.
  case overrun(Gap)
  /// More entries are unread than the cursor may be behind.
  case lag(count: UInt64, limit: UInt64)
  /// What comes next is in the topic's journal, which can't be read any more.
  case journal(JournalError)

  /// What happened and what helps.
  public var description: String {
    switch self {
    case .overrun(let gap):
      "the entries \(gap.from) to \(gap.to) were dropped before they were read; read faster, or "
        + "open a new cursor"
    case .lag(let count, let limit):
      "\(count) entries are unread, and at most \(limit) may be; read faster, or open a new cursor"
    case .journal(let error): error.description
    }
  }
}
