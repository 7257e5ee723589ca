// SPDX-License-Identifier: Apache-2.0

/// Bounds of checkpoints.
public enum CheckpointLimits {
  /// Elements that wait for a checkpoint before one is made whatever it costs.
  public static let waiting = 65_536
  /// The bytes of them before one is made: a commit brings a batch more, and what the last element of
  /// the input makes come out.
  public static let waitingBytes = 8 << 20
  /// Into how many commits what a durable topic keeps should go at least.
  static let topicShare: Int64 = 8
  /// Entries received after which the place is stored though nothing came out: so many at most are
  /// read again after a restart.
  public static let received: UInt64 = 16_384
  /// Entries received after which one is made whatever it costs: they bound what has changed.
  public static let receivedAtMost: UInt64 = 262_144
  /// The bytes of a part of the state; of a part that has not changed nothing is written.
  public static let partBytes = 4_096
  /// How much of a state is stored at a time, about, where much of it is new.
  ///
  /// Such is a table that has become large before its first checkpoint, or is written anew. So much is
  /// in memory twice.
  public static let commitBytes = 8 << 20
  /// How much of the tables, and of what is written as one, changes in one commit at most, about; what
  /// has changed more is written anew, in several.
  public static let changeBytes = 24 << 20
  /// The most bytes of one entry of a table: what an operator keeps for one key.
  public static let entryBytes = 64 << 20
  /// The keys from which on an operator's table is written by key.
  ///
  /// Of a key that has not changed nothing is written. A table that becomes smaller stays as it is.
  public static let leastTableKeys = 256
}
