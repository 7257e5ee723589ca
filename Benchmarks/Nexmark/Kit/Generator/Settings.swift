// SPDX-License-Identifier: Apache-2.0

/// What a run of the benchmark's events is a function of; the defaults are NEXMARK's.
public struct NexmarkSettings: Hashable, Sendable {
  /// How many events there are.
  public var count: Int
  /// What the events' fields are drawn from, 1 by default.
  public var seed: UInt64
  /// The event time of the first event in milliseconds, 2015-07-15T00:00:00Z by default.
  public var start: Int64
  /// The event time between two events in microseconds, 100 by default: ten thousand a second.
  public var spacing: Int64
  /// How many neighbours are put out of order among themselves; 1, the default, is none.
  public var shuffle: Int

  /// Makes the settings.
  ///
  /// - Parameters:
  ///   - count: How many events there are.
  ///   - seed: What the events' fields are drawn from.
  ///   - start: The event time of the first event, in milliseconds.
  ///   - spacing: The event time between two events, in microseconds.
  ///   - shuffle: How many neighbours are put out of order among themselves; not a multiple of 953.
  public init(
    count: Int,
    seed: UInt64 = 1,
    start: Int64 = 1_436_918_400_000,
    spacing: Int64 = 100,
    shuffle: Int = 1
  ) {
    precondition(count >= 0 && spacing >= 1, "there are events, and time goes on")
    precondition(shuffle >= 1 && shuffle % 953 != 0, "953 steps through a group")
    self.count = count
    self.seed = seed
    self.start = start
    self.spacing = spacing
    self.shuffle = shuffle
  }

  /// The number of the event that stands at a place of the stream.
  @inlinable
  public func number(at place: Int) -> Int {
    place / shuffle * shuffle + place % shuffle * 953 % shuffle
  }

  /// The event time of the event with a number, in milliseconds.
  @inlinable
  public func time(of number: Int) -> Int64 {
    start + Int64(number) * spacing / 1_000
  }
}
