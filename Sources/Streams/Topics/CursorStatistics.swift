// SPDX-License-Identifier: Apache-2.0

/// What became of the entries that a cursor was to read.
///
/// At every instant `offered` is `delivered + dropped + conflated + buffered`.
public struct CursorStatistics: Hashable, Sendable {
  /// Entries behind its start, and those of its snapshot.
  public let offered: UInt64
  /// Entries handed out.
  public let delivered: UInt64
  /// Entries that were gone, told in gaps.
  public let dropped: UInt64
  /// Entries in whose place it got a newer one, of their key or their interval.
  public let conflated: UInt64
  /// Entries not read yet, whatever becomes of them.
  public let buffered: UInt64
  /// The offset behind the newest entry when it was counted.
  let end: Offset

  /// The same when the log has grown up to there, and nothing more was read.
  func grown(to end: Offset) -> CursorStatistics {
    let new = end > self.end ? end - self.end : 0
    return CursorStatistics(
      offered: offered + new,
      delivered: delivered,
      dropped: dropped,
      conflated: conflated,
      buffered: buffered + new,
      end: self.end + new
    )
  }
}
