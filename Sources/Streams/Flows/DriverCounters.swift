// SPDX-License-Identifier: Apache-2.0

/// What a driver has counted since it was made.
public struct DriverCounters: Hashable, Sendable {
  /// Elements offered to the first operator.
  public var received: UInt64 = 0
  /// Elements whose event time was before the watermark.
  public var behind: UInt64 = 0
  /// Elements that were dropped since their event time was too far in the future.
  public var ahead: UInt64 = 0
  /// Times at which entries were gone before they were read.
  public var gaps: UInt64 = 0
  /// Entries that were gone before they were read.
  public var missed: UInt64 = 0

  /// Times at which the clock moved the watermark, since nothing came.
  public var silences: UInt64 = 0
  /// Elements whose closure threw and that were left out.
  public var skipped: UInt64 = 0
  /// Times at which the operators were started anew after a failure.
  public var restarts: UInt64 = 0

  /// Makes counters at zero.
  @inlinable public init() {}
}
