// SPDX-License-Identifier: Apache-2.0

/// What all derived topics of a server have done.
public struct DerivedStatistics: Hashable, Sendable {
  /// Derived topics that there are now.
  public var topicCount = 0
  /// Subscribers that read one now.
  public var readerCount = 0
  /// Subscribers that wait for one to catch up.
  public var waitingCount = 0
  /// Derived topics that are catching up.
  public var replayCount = 0
  /// What the state of all may come to, in bytes.
  public var stateBytes = 0
  /// Derived topics that were made, those that were rebuilt included.
  public var made: UInt64 = 0
  /// Those that were made anew for a client that came back.
  public var rebuilt: UInt64 = 0
  /// Subscribers that were given one that was there already.
  public var shared: UInt64 = 0
  /// Those that were ended since nobody read them.
  public var expired: UInt64 = 0
  /// Those that were ended before their time, to make room.
  public var evicted: UInt64 = 0
  /// Those whose pipeline failed, the overrun ones included.
  public var failed: UInt64 = 0
  /// Subscribers that were waited for until that took too long.
  public var holdsGivenUp: UInt64 = 0
  /// Subscribers that were refused.
  public var refused: UInt64 = 0
  /// Subscribers that were recovered.
  public var recovered: UInt64 = 0
  /// Subscribers that were not, by reason.
  public var notRecovered: [DerivedRecovery.Reason: UInt64] = [:]

  /// Makes counters at zero.
  public init() {}
}
