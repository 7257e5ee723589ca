// SPDX-License-Identifier: Apache-2.0

/// Why a cursor with the policy ``OverrunPolicy/fail`` hands out nothing more; it stays where it is.
public enum CursorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The topic dropped these entries before they were read.
  case overrun(Gap)
  /// More entries are unread than the cursor may be behind.
  case lag(count: UInt64, limit: UInt64)

  /// What happened and what helps.
  public var description: String {
    switch self {
    case .overrun(let gap):
      "the entries \(gap.from) to \(gap.to) were dropped before they were read; read faster, or "
        + "open a new cursor"
    case .lag(let count, let limit):
      "\(count) entries are unread, and at most \(limit) may be; read faster, or open a new cursor"
    }
  }
}
