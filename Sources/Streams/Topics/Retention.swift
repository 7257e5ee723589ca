// SPDX-License-Identifier: Apache-2.0

/// How much of its newest past a topic keeps: what is beyond any of its limits goes, oldest first.
public struct Retention: Hashable, Sendable {
  /// The most entries kept; default 16,384, a few minutes of a busy feed.
  public var maximumCount: Int
  /// The most bytes kept, by the weight of the elements; default 16 MiB.
  public var maximumBytes: Int
  /// How old an entry may get, by its `appended` and the topic's clock; default `nil`, any age.
  ///
  /// Judged, to the millisecond, whenever somebody publishes or reads: what is older is then gone,
  /// and a reader that had not read it is told a gap. What a lossless cursor has not consumed stays,
  /// for everybody, however old it is; age alone never makes a publisher wait.
  public var maximumAge: Duration?

  /// Makes a retention; both limits are at least 2, and an age at least a millisecond.
  public init(
    maximumCount: Int = 16_384,
    maximumBytes: Int = 16 << 20,
    maximumAge: Duration? = nil
  ) {
    precondition(maximumCount >= 2 && maximumBytes >= 2, "a topic keeps at least two entries")
    precondition(maximumAge ?? .seconds(1) >= .milliseconds(1), "an age is at least 1 ms")
    self.maximumCount = maximumCount
    self.maximumBytes = maximumBytes
    self.maximumAge = maximumAge
  }

  /// The most entries of one publish: half of what is kept.
  public var maximumPublishCount: Int { maximumCount / 2 }
  /// The most bytes of one publish: half of what is kept.
  public var maximumPublishBytes: Int { maximumBytes / 2 }
}
