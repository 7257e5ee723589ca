// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

/// The ways that need no task: two loops, and the fused operators driven by hand.
///
/// Each pass stands in a function of its own that is not inlined, so that no optimiser lifts work
/// out of the loop over passes.
enum LoopVariants {
  /// A loop in which everything is spelled out: what the machine can do.
  static func inlined(passes: Int) -> Variant {
    variant("inlined loop", passes, sumInline)
  }

  /// A loop that calls closures the optimiser can't see: what a library's caller pays at least.
  static func throughVariables(passes: Int) -> Variant {
    let work = opaque(ScoreWork())
    return variant("loop through closure variables", passes) { sum($0, through: work) }
  }

  /// The operators, built and consumed in one function.
  static func fusedInOneFunction(passes: Int) -> Variant {
    variant("fused operators in one function", passes, sumFused)
  }

  private static func variant(
    _ name: String,
    _ passes: Int,
    _ sum: @escaping @Sendable ([Reading]) -> Int64
  ) -> Variant {
    Variant(name, count: passes * Readings.count) {
      await Elapsed.by {
        for _ in 0..<passes {
          let total = sum(opaque(Readings.all))
          precondition(total == Readings.total, "every variant has the loop's result")
        }
      }
    }
  }
}

@inline(never)
private func sumInline(_ readings: [Reading]) -> Int64 {
  var total: Int64 = 0
  for reading in readings where reading.isLoud {
    let calibrated = reading.calibrated
    if calibrated.isInRange { total &+= calibrated.score }
  }
  return total
}

@inline(never)
private func sum(_ readings: [Reading], through work: ScoreWork) -> Int64 {
  var total: Int64 = 0
  for reading in readings where work.isLoud(reading) {
    let calibrated = work.calibrate(reading)
    if work.isInRange(calibrated) { work.combine(&total, work.score(calibrated)) }
  }
  return total
}

@inline(never)
private func sumFused(_ readings: [Reading]) -> Int64 {
  let calibrated = Fused(Filter<Reading, Never> { $0.isLoud }, Map { $0.calibrated })
  let scores = Fused(Fused(calibrated, Filter { $0.isInRange }), Map { $0.score })
  var total: Int64 = 0
  Fused(scores, Reduce(Int64(0)) { $0 &+= $1 }).run(over: readings, at: 0) { total = $0 }
  return total
}
