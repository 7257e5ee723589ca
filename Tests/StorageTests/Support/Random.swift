// SPDX-License-Identifier: Apache-2.0
import Foundation

/// SplitMix64: the same numbers for the same seed everywhere.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Whether more is tried than in CI.
let isLongRun = ProcessInfo.processInfo.environment["WEIR_STORAGE_SEEDS"] != nil

/// How many seeds a test tries: few in CI, as many as `WEIR_STORAGE_SEEDS` says in a long run.
func seeds(_ usual: Int) -> Range<UInt64> {
  let asked = ProcessInfo.processInfo.environment["WEIR_STORAGE_SEEDS"].flatMap(Int.init)
  return 0..<UInt64(asked ?? usual)
}
