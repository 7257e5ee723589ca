// SPDX-License-Identifier: Apache-2.0

/// All readings as an asynchronous sequence that never suspends.
public struct ReadingSequence: AsyncSequence, Sendable {
  /// Makes the sequence.
  public init() {}

  /// Starts before the first reading.
  public func makeAsyncIterator() -> Iterator { Iterator() }

  /// One way through the readings.
  public struct Iterator: AsyncIteratorProtocol {
    private var readings = Readings.all.makeIterator()

    /// The next reading, `nil` at the end; never suspends.
    public mutating func next() async -> Reading? {
      readings.next()
    }
  }
}
