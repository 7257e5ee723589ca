// SPDX-License-Identifier: Apache-2.0

/// `weir tail`: prints the events of a topic as they come.
struct TailCommand: Command {
  let usage = CommandUsage(
    "tail",
    "print the events of a topic as they come",
    positionals: [.init("TOPIC", "the topic")],
    options: [
      .init(
        "after",
        "OFFSET",
        "begin after this offset, 0 with the oldest event kept; else only new events"
      ),
      .init("limit", "N", "end after so many events"),
      .server, .authority, .json,
    ],
    examples: [
      .init("weir tail activity", "new events only, from now on"),
      .init(
        "weir tail activity --after 0 --limit 10 --json",
        "the ten oldest events that are kept, as JSON"
      ),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let topic = try TopicArgument.check(arguments.positionals[0])
    let after = try arguments.number("after", in: 0...UInt64.max)
    let limit = try arguments.number("limit", in: 1...UInt64.max)
    let run = TailRun(
      topic,
      limit: limit,
      printsJSON: arguments.has("json"),
      client: try context.client(arguments),
      console: context.console,
      clock: try context.makeClock()
    )
    try run.run(after: after)
    return 0
  }
}
