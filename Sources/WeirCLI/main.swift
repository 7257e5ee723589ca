// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc
import Host

let status = await CommandLineTool.run(
  Array(CommandLine.arguments.dropFirst()),
  commands: [ServeCommand()] + CommandLineTool.storeCommands + CommandLineTool.clientCommands,
  in: CommandContext(environment: ProcessInfo.processInfo.environment)
)
exit(status)
