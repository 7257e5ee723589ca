// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Glibc

/// What everything else is built on: the fused path and the hop.
@main
struct WeirBench {
  static func main() async {
    exit(
      await BenchmarkProgram.run(
        "weir-bench",
        [FusedBenchmark.benchmark, HopBenchmark.benchmark, WindowBenchmark.benchmark]
      )
    )
  }
}
