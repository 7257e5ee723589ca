// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Streams

/// filter → map → sum over 24-byte readings, from a plain loop to a task per side.
enum FusedBenchmark {
  static let benchmark = Benchmark(
    "fused",
    "filter, map and sum over 24-byte elements, processor time for each of them"
  ) { effort in
    let many = 64 / effort.divisor
    let few = 8 / effort.divisor
    let variants = [
      LoopVariants.inlined(passes: many),
      LoopVariants.throughVariables(passes: many),
      LoopVariants.fusedInOneFunction(passes: many),
      WeirVariants.filledPipeline(passes: many / 2),
      WeirVariants.livePipeline(passes: many),
      SequenceVariants.flow(passes: many / 2),
      SequenceVariants.standardSequence(passes: few),
      SequenceVariants.standardStream(passes: few),
    ]
    let rows = RowMaker(
      "fused",
      per: "element",
      try await Rounds(of: variants, count: effort.rounds)
    )
    let names = variants.map(\.name)
    let (inlined, closures, pipeline) = (names[0], names[1], names[3])
    return [
      rows.processorTime(inlined),
      rows.processorTime(closures, against: inlined),
      rows.processorTime(names[2], against: inlined, goal: .atMost(1.2)),
      rows.processorTime(pipeline, against: closures, goal: .atMost(2)),
      rows.processorTime(pipeline, against: inlined),
      rows.processorTime(names[4], against: closures),
      rows.processorTime(names[5], against: closures),
      rows.processorTime(names[6], against: pipeline),
      rows.processorTime(names[7], against: pipeline),
    ]
  }
}
