// SPDX-License-Identifier: Apache-2.0

/// How much of its newest past a topic keeps.
public struct Retention: Hashable, Sendable {
  /// The most entries kept; default 16,384, a few minutes of a busy feed.
  public var maximumCount: Int
  /// The most bytes kept, by the weight of the elements; default 16 MiB.
  public var maximumBytes: Int

  /// Makes a retention; both limits are at least 2.
  public init(maximumCount: Int = 16_384, maximumBytes: Int = 16 << 20) {
    precondition(maximumCount >= 2 && maximumBytes >= 2, "a topic keeps at least two entries")
    self.maximumCount = maximumCount
    self.maximumBytes = maximumBytes
  }

  /// The most entries of one publish: half of what is kept.
  public var maximumPublishCount: Int { maximumCount / 2 }
  /// The most bytes of one publish: half of what is kept.
  public var maximumPublishBytes: Int { maximumBytes / 2 }
}
