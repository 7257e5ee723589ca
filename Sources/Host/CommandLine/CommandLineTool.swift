// SPDX-License-Identifier: Apache-2.0
import Codecs

/// The `weir` tool: finds the command that the arguments name and runs it.
public enum CommandLineTool {
  /// The commands that talk to a running server, and those about the tool itself.
  ///
  /// The program that has more, such as `serve`, puts them in front.
  public static var clientCommands: [any Command] {
    [
      PublishCommand(), TailCommand(), ConsumeCommand(), TopicsCommand(), IngestCommand(),
      WebhooksCommand(), TokenCommand(), VerifyCommand(), BenchCommand(), VersionCommand(),
    ]
  }

  /// The commands that work on a data directory, beside a server or without one.
  public static var storeCommands: [any Command] {
    [DoctorCommand(), BackupCommand(), RestoreCommand(), ExportCommand(), ImportCommand()]
  }

  /// Runs one command line to its end.
  ///
  /// Call it from `main` before anything else has started threads: `tail` and `ingest` block their
  /// thread and take over Ctrl-C.
  /// - Parameters:
  ///   - arguments: The words after the program's name.
  ///   - commands: What can be run, in the order of the help.
  ///   - context: The process around it.
  /// - Returns: The status to exit with: 0 done, 1 failed, 2 used wrongly.
  public nonisolated(nonsending) static func run(
    _ arguments: [String],
    commands: [any Command] = storeCommands + clientCommands,
    in context: CommandContext
  ) async -> Int32 {
    do {
      return try await dispatch(arguments, commands, context)
    } catch {
      context.console.printError(error.description)
      return error.status
    }
  }

  private nonisolated(nonsending) static func dispatch(
    _ arguments: [String],
    _ commands: [any Command],
    _ context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let all = commands + [HelpCommand(about: commands.map(\.usage))]
    guard let word = arguments.first else {
      context.console.printError(HelpTable.tool(all.map(\.usage)))
      return CommandFailure.misused
    }
    let (name, given) = alias(word, Array(arguments.dropFirst()))
    guard let command = all.first(where: { $0.usage.name == name }) else {
      let near = nearestName(to: name, among: all.map(\.usage.name))
      throw .misuse(
        "there is no command '\(name)'",
        remedy: near.map { "did you mean '\($0)'?" } ?? "see 'weir --help'"
      )
    }
    switch try ArgumentParser.parse(given, for: command.usage) {
    case .help:
      context.console.print(command.usage.help)
      return 0
    case .run(let parsed):
      return try await command.run(parsed, in: context)
    }
  }

  /// The options of the tool itself are commands in disguise.
  private static func alias(_ word: String, _ rest: [String]) -> (String, [String]) {
    switch word {
    case "--help", "-h": ("help", rest)
    case "--version": ("version", rest)
    default: (word, rest)
    }
  }
}
