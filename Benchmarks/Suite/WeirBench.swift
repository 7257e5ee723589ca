// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Glibc
import Nexmark

/// The fused path, each operator, the hop, allocations, latency, memory, filters and chains; and NEXMARK's
/// queries, one a call.
@main
struct WeirBench {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if NexmarkProgram.takes(arguments) {
      exit(await NexmarkProgram.run(arguments))
    }
    exit(
      await BenchmarkProgram.run(
        "weir-bench",
        [
          FusedBenchmark.benchmark, OperatorsBenchmark.benchmark, HopBenchmark.benchmark,
          WindowBenchmark.benchmark, AllocationsBenchmark.benchmark, LatencyBenchmark.benchmark,
          FiringBenchmark.benchmark, MemoryBenchmark.benchmark, FiltersBenchmark.benchmark,
          ChainsBenchmark.benchmark,
        ]
      )
    )
  }
}
