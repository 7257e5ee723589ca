// SPDX-License-Identifier: Apache-2.0
import Storage

/// `weir import`: brings lines of JSON into a topic of a data directory.
struct ImportCommand: Command {
  let usage = CommandUsage(
    "import",
    "bring an export, or events a line each, into a data directory that no server uses",
    positionals: [
      .init("DIR", "the data directory, made if it is not there"),
      .init("TOPIC", "the topic"),
      .init("FILE", "the lines; - or nothing reads standard input", isOptional: true),
    ],
    options: [
      .init(flag: "append", "give new offsets behind what the topic holds, to all of them"),
      .json,
    ],
    examples: [
      .init("weir import /var/lib/weir orders orders.ndjson", "an export, with its offsets"),
      .init(
        #"echo '{"type":"sold","data":{"n":1}}' | weir import /var/lib/weir orders --append"#,
        "an event behind those that are there"
      ),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let directory = arguments.positionals[0]
    let topic = try TopicArgument.check(arguments.positionals[1])
    let source = try InputFile(
      path: arguments.positionals.count > 2 ? arguments.positionals[2] : "-"
    )
    try StorePath.checkNewDirectory(directory)
    let run = ImportRun(
      source,
      into: topic,
      of: directory,
      appending: arguments.has("append"),
      progress: StepProgress(context.console, try context.makeClock())
    )
    let summary = try run.run()
    if arguments.has("json") {
      context.console.printLine(summary.json)
    } else {
      context.console.print(summary.text)
    }
    return 0
  }
}
