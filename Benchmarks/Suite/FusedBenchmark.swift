// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Streams

/// filter → map → filter → map → sum over 24-byte readings, from a plain loop to a task per side.
enum FusedBenchmark {
  static let benchmark = Benchmark(
    "fused",
    "filter, map, filter, map and sum over 24-byte elements, processor time for each of them"
  ) { effort in
    let many = 64 / effort.divisor
    let few = 8 / effort.divisor
    let inlined = LoopVariants.inlined(passes: many)
    let closures = LoopVariants.throughVariables(passes: many)
    let fused = LoopVariants.fusedInOneFunction(passes: many)
    let filled = WeirVariants.filledPipeline(passes: many / 2)
    let live = WeirVariants.livePipeline(passes: many)
    let flow = WeirVariants.flow(passes: many / 2)
    let sequence = SequenceVariants.standardSequence(passes: few)
    let stream = SequenceVariants.standardStream(passes: few)
    let variants = [inlined, closures, fused, filled, live, flow, sequence, stream]
    let rounds = try await Rounds(of: variants, count: effort.rounds)
    let rows = RowMaker("fused", per: "element", rounds)
    return [
      rows.processorTime(inlined.name),
      rows.processorTime(closures.name, against: inlined.name),
      rows.processorTime(fused.name, against: inlined.name, goal: .atMost(1.2)),
      rows.processorTime(filled.name, against: closures.name, goal: .atMost(1.5)),
      rows.processorTime(filled.name, against: inlined.name),
      rows.processorTime(live.name, against: closures.name),
      rows.processorTime(flow.name, against: closures.name),
      rows.processorTime(sequence.name, against: flow.name, goal: .atLeast(20)),
      rows.processorTime(sequence.name, against: filled.name),
      rows.processorTime(stream.name, against: live.name),
    ]
  }
}
