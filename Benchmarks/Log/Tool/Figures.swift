// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The bytes of each event that is published.
let payloadBytes = 128

/// The processor time of this program so far, in seconds.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// How long something took, in seconds.
func elapsed(since start: ContinuousClock.Instant) -> Double {
  (ContinuousClock.now - start) / .seconds(1)
}

/// The value that so many hundredths of the others are at most; 0 of none.
func percentile(_ part: Int, _ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * part / 100)]
}

/// How many of something there were, how fast, and for how much processor time of the whole program.
struct Throughput: Encodable {
  let count: Int
  let perSecond: Double
  let processorMicroseconds: Double

  /// Of something that began at an instant and has just ended.
  init(_ count: Int, since start: ContinuousClock.Instant, processor: Double) {
    self.count = count
    perSecond = Double(count) / elapsed(since: start)
    processorMicroseconds = (processorSeconds() - processor) / Double(max(1, count)) * 1e6
  }
}
