// SPDX-License-Identifier: Apache-2.0
public import Streams
import Synchronization

/// A clock that stands where it is put, so that what is measured does not depend on the machine's.
public final class SteppedClock: EngineClock {
  private let milliseconds: Atomic<Int64>

  /// Makes a clock that stands at an instant.
  public init(at instant: Timestamp = 0) {
    milliseconds = Atomic(instant.milliseconds)
  }

  /// Where it stands.
  public var now: Timestamp {
    get { Timestamp(milliseconds: milliseconds.load(ordering: .acquiring)) }
    set { milliseconds.store(newValue.milliseconds, ordering: .releasing) }
  }

  /// Waits for ever: nothing that is measured waits for this clock.
  ///
  /// - Throws: `CancellationError`.
  public func sleep(until deadline: Timestamp) async throws {
    while now < deadline { try await Task.sleep(for: .seconds(3_600)) }
  }
}
