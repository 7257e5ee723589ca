// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Glibc

/// What other libraries take for what Weir does.
@main
struct WeirPeers {
  static func main() async {
    exit(await BenchmarkProgram.run("weir-peers", [PeersBenchmark.benchmark]))
  }
}
