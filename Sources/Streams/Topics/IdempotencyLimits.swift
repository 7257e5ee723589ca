// SPDX-License-Identifier: Apache-2.0

/// How long a topic remembers the keys of publishes, so that it knows a repeated one.
public struct IdempotencyLimits: Hashable, Sendable {
  /// The most keys remembered, beyond which the oldest go; default 100,000.
  public var maximumCount: Int
  /// How long a key is remembered after its publish was stored; default a day.
  public var maximumAge: Duration

  /// The longest key, in bytes of UTF-8; it has at least one.
  public static let maximumKeyBytes = 255

  /// Makes limits; at least one key is remembered, for at least a millisecond.
  public init(maximumCount: Int = 100_000, maximumAge: Duration = .seconds(86_400)) {
    precondition(maximumCount >= 1, "a topic remembers at least one key")
    precondition(maximumAge >= .milliseconds(1), "a key is remembered for at least 1 ms")
    self.maximumCount = maximumCount
    self.maximumAge = maximumAge
  }
}
