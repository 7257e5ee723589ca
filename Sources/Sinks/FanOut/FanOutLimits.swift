// SPDX-License-Identifier: Apache-2.0

/// Sizes that sessions work with.
public enum FanOutLimits {
  /// Frames sent to a session at once: as many as one gathering write takes.
  public static let batchFrames = 64
  /// Bytes sent to a session at once, one frame more at most; up to so many are joined for that.
  public static let batchBytes = 64 << 10
  /// Frames of a durable topic that are read from disk at once.
  public static let loadedFrames = 256
  /// Bytes of them, one frame more at most.
  public static let loadedBytes = 256 << 10
  /// Batches for one session before others have their turn.
  public static let batchesPerTurn = 16
  /// Bytes waiting for a client from which on it is heard no further until it has taken them.
  public static let unheardBytes = 256 << 10
  /// The most views of a topic, which are channels with `?`, whose encoded entries are kept: a
  /// client that invents views pays for encoding them, not with the server's memory.
  ///
  /// The topic's own channel and its event streams are always encoded once for everybody.
  public static let keptViews = 8
}
