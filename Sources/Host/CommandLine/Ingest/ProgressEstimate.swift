// SPDX-License-Identifier: Apache-2.0
import Glibc
import Transport

/// How far a job is, how fast it goes and how long it will still take.
///
/// Speeds are means in which what was ten seconds ago counts a third: they follow a change within
/// seconds without jumping at each measurement.
struct ProgressEstimate {
  /// After this time a measurement counts 1/e of what it did.
  private static let memorySeconds = 10.0
  /// What must have gone by, and how much must be done, before the time left is more than a guess.
  private static let leastSeconds = 2.0
  private static let leastPercent = 1.0

  /// How much there is, in bytes; `nil` when nobody knows.
  let totalBytes: UInt64?
  /// How much is done, in bytes.
  private(set) var doneBytes: UInt64 = 0
  private let isPaced: Bool
  private let start: MonotonicInstant
  /// What the speeds have taken into account.
  private var measured: (bytes: UInt64, events: UInt64, at: MonotonicInstant)
  private var byteSpeed = WeightedMean()
  private var eventSpeed = WeightedMean()

  /// Begins at an instant.
  ///
  /// - Parameters:
  ///   - totalBytes: How much there is; `nil` when nobody knows.
  ///   - isPaced: Whether the speed is prescribed, so that it is known from the beginning.
  ///   - start: The instant.
  init(totalBytes: UInt64?, isPaced: Bool = false, at start: MonotonicInstant) {
    self.totalBytes = totalBytes
    self.isPaced = isPaced
    self.start = start
    measured = (0, 0, start)
  }

  /// Takes a measurement.
  mutating func update(doneBytes: UInt64, eventCount: UInt64, at now: MonotonicInstant) {
    self.doneBytes = doneBytes
    let seconds = measured.at.duration(to: now) / .seconds(1)
    guard seconds > 0 else { return }
    let bytes = Double(doneBytes) - Double(measured.bytes)
    let events = Double(eventCount) - Double(measured.events)
    byteSpeed.add(bytes, during: seconds, memory: Self.memorySeconds)
    eventSpeed.add(events, during: seconds, memory: Self.memorySeconds)
    measured = (doneBytes, eventCount, now)
  }

  /// Events per second, lately.
  var eventsPerSecond: Double { eventSpeed.perSecond }

  /// How much is done, 0 to 100; `nil` when nobody knows how much there is.
  var percent: Double? {
    guard let totalBytes, totalBytes > 0 else { return nil }
    return min(100, Double(doneBytes) / Double(totalBytes) * 100)
  }

  /// The seconds that the rest will take; `nil` when that cannot be told.
  var secondsLeft: Double? {
    guard let totalBytes, byteSpeed.perSecond > 0, isPaced || isFounded else { return nil }
    return max(0, Double(totalBytes) - Double(doneBytes)) / byteSpeed.perSecond
  }

  /// Whether enough was measured to tell the time left.
  private var isFounded: Bool {
    start.duration(to: measured.at) >= .seconds(Self.leastSeconds)
      && percent ?? 0 >= Self.leastPercent
  }
}

/// A speed in which older measurements count less and less.
struct WeightedMean {
  private var amount = 0.0
  private var seconds = 0.0

  /// What was done per second; 0 before the first measurement.
  var perSecond: Double { seconds > 0 ? max(0, amount / seconds) : 0 }

  /// Adds what was done during some time.
  mutating func add(_ amount: Double, during seconds: Double, memory: Double) {
    let kept = exp(-seconds / memory)
    self.amount = self.amount * kept + amount
    self.seconds = self.seconds * kept + seconds
  }
}
