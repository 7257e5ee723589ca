// SPDX-License-Identifier: Apache-2.0
import Codecs

/// `weir help`: tells what the tool, or one command, can do.
struct HelpCommand: Command {
  private let known: [CommandUsage]

  /// Tells about `commands` and about itself.
  init(about commands: [CommandUsage]) { known = commands }

  let usage = CommandUsage(
    "help",
    "tell what the tool or one command can do",
    positionals: [.init("COMMAND", "the command to tell about", isOptional: true)],
    examples: [.init("weir help publish", "how to publish")]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let all = known + [usage]
    guard let name = arguments.positionals.first else {
      context.console.print(HelpTable.tool(all))
      return 0
    }
    guard let command = all.first(where: { $0.name == name }) else {
      let near = nearestName(to: name, among: all.map(\.name))
      throw .misuse(
        "there is no command '\(name)'",
        remedy: near.map { "did you mean '\($0)'?" } ?? "see 'weir help'"
      )
    }
    context.console.print(command.help)
    return 0
  }
}
