// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The loop of `Benchmarks/Baselines/spin.c`, from the library that `WEIR_SPIN` names.
struct SpinningLoop: Sendable {
  private typealias Function =
    @convention(c) (Int64, Int64, UnsafeMutablePointer<Int64>) -> Void
  private let function: Function

  /// `nil` where no library was named, or it can't be loaded.
  init?() {
    guard let path = getenv("WEIR_SPIN"), let library = dlopen(path, RTLD_NOW),
      let symbol = dlsym(library, "weir_spin")
    else { return nil }
    function = unsafeBitCast(symbol, to: Function.self)
  }

  /// How late the loop was at each of `count` instants, in nanoseconds.
  func lateness(step: Int64, count: Int) -> [Int64] {
    Array(unsafeUninitializedCapacity: count) { buffer, filled in
      guard let base = buffer.baseAddress else { return }
      function(step, Int64(count), base)
      filled = count
    }
  }
}

/// Nanoseconds of the clock that nobody sets.
func monotonicNanoseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Latencies in nanoseconds, by how many of them were less.
struct Percentiles: Sendable {
  private let sorted: [Int64]

  init(_ samples: [Int64]) {
    sorted = samples.sorted()
  }

  var count: Int { sorted.count }

  /// The least that at least `fraction` of the samples do not exceed, in microseconds.
  func microseconds(_ fraction: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    let place = Int((fraction * Double(sorted.count)).rounded(.up)) - 1
    return Double(sorted[max(0, min(place, sorted.count - 1))]) / 1_000
  }
}
