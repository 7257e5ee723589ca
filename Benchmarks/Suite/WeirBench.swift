// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Glibc
import Nexmark

/// What everything else is built on: the fused path and the hop; and NEXMARK's queries, one a call.
@main
struct WeirBench {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if NexmarkProgram.takes(arguments) {
      exit(await NexmarkProgram.run(arguments))
    }
    exit(
      await BenchmarkProgram.run("weir-bench", [FusedBenchmark.benchmark, HopBenchmark.benchmark])
    )
  }
}
