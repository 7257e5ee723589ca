// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Bounds on the derived topics of a server.
public struct DerivedTopicSettings: Sendable {
  /// How long a derived topic is kept after its last reader has left.
  ///
  /// Default 30 s: a page that is loaded again finds it as it was.
  public var lingering = Duration.seconds(30)
  /// How many there are at once.
  ///
  /// Default 1,000. One that nobody reads makes room for a new one.
  public var maximumTopics = 1_000
  /// What the state of all of them may come to by ``ChainCost/stateBytes``, as if all were full.
  ///
  /// Default 8 GiB; most take a small part of what they may.
  public var maximumStateBytes = 8 << 30
  /// How many of them one client reads at once: a user over all of its connections, or a connection of
  /// somebody unknown.
  ///
  /// Default 125, an eighth of all.
  public var maximumTopicsOfClient = 125
  /// What the state of those may come to.
  ///
  /// Default 1 GiB, an eighth of all.
  public var maximumStateBytesOfClient = 1 << 30
  /// How many entries of its source are read again to rebuild one that has ended.
  ///
  /// Default 1,000,000: some seconds of one core. Beyond that a subscriber is not recovered.
  public var maximumReplay: UInt64 = 1_000_000
  /// How many are rebuilt at the same time; a subscriber that would need one more is not recovered.
  ///
  /// Default 4.
  public var maximumReplays = 4
  /// How many of them are for one client.
  ///
  /// Default 3, so that others have one.
  public var maximumReplaysOfClient = 3
  /// How long a subscriber waits for its derived topic to catch up.
  ///
  /// Default 10 s; then it is not recovered. Looked at by ``DerivedTopics/sweep()``.
  public var recoveryWait = Duration.seconds(10)
  /// How many subscribers wait at the same time; one more is not recovered.
  ///
  /// Default 10,000.
  public var maximumWaiting = 10_000
  /// How much of its past each keeps.
  ///
  /// Default 4,096 events and 8 MiB.
  public var retention = Retention(maximumCount: 4_096, maximumBytes: 8 << 20)
  /// How much one keeps that waits for its one subscriber, who asked to be waited for.
  ///
  /// Default 512 events and 4 MiB: its demand shall be felt at the source.
  public var heldRetention = Retention(maximumCount: 512, maximumBytes: 4 << 20)

  /// Makes settings, the defaults.
  public init() {}
}
