// SPDX-License-Identifier: Apache-2.0
import Glibc
import Nexmark

/// NEXMARK alone, for tests: `weir-bench` has it too, and takes minutes to compile.
@main
struct NexmarkTool {
  static func main() async {
    exit(await NexmarkProgram.run(Array(CommandLine.arguments.dropFirst())))
  }
}
