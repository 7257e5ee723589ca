// SPDX-License-Identifier: Apache-2.0
import Glibc
import Streams

/// `weir ingest`: publishes the lines of a file.
struct IngestCommand: Command {
  let usage = CommandUsage(
    "ingest",
    "publish the lines of a file as events",
    positionals: [.init("FILE", "the file; - reads standard input")],
    options: [
      .init(
        "format",
        "FORMAT",
        "combined (a web server's log), ndjson or csv",
        isRequired: true
      ),
      .init("topic", "TOPIC", "the topic to publish to", isRequired: true),
      .init("speed", "SPEED", "max, or a multiple of the recorded speed such as 60x; else max"),
      .init("time", "FIELD", "the field with the event's time, such as meta.at (ndjson, csv)"),
      .init("key", "FIELD", "the field that says what the event is about"),
      .init(flag: "follow", "go on as the file grows, through rotation, until Ctrl-C"),
      .server, .authority, .json,
    ],
    examples: [
      .init(
        "weir ingest access.log --format combined --topic access",
        "a web server's log, in the topic of the dashboard"
      ),
      .init(
        "weir ingest presses.ndjson --format ndjson --topic coffee --time @timestamp --speed 3600x",
        "a recording, an hour each second"
      ),
      .init(
        "weir ingest /var/log/nginx/access.log --format combined --topic access --follow",
        "a log that is still written"
      ),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let plan = try Self.plan(arguments)
    let path = arguments.positionals[0]
    let client = try context.client(arguments)
    let source = try Self.source(path, plan)
    // A pipe may have been waited for while it was opened; from here on Ctrl-C ends the run well.
    let clock = try context.makeClock()
    let run = IngestRun(
      plan,
      from: source,
      sender: ChunkSender(to: plan.topic, client: client, clock: clock),
      reporter: ProgressReporter(
        client: try context.client(arguments),
        console: context.console,
        tellsReturn: plan.follows
      ),
      clock: clock
    )
    let summary = try run.run()
    if arguments.has("json") {
      context.console.printLine(summary.json)
    } else {
      context.console.print(summary.text)
    }
    return summary.isInterrupted ? CommandFailure.failed : 0
  }

  private static func plan(_ arguments: ParsedArguments) throws(CommandFailure) -> IngestPlan {
    let speed = try Pacer.Speed(argument: arguments["speed"] ?? "max")
    let format = try RecordFormat(
      kind: arguments["format"],
      timeField: arguments["time"],
      keyField: arguments["key"],
      isPaced: speed != .maximum
    )
    guard let topic = arguments["topic"] else {
      throw .misuse("--topic is missing", remedy: "write --topic and the topic to publish to")
    }
    let path = arguments.positionals[0]
    let follows = arguments.has("follow")
    guard path != "-" || !follows else {
      throw .misuse("standard input cannot be followed", remedy: "leave out --follow")
    }
    let name = path == "-" ? "standard input" : path.split(separator: "/").last.map(String.init)
    return IngestPlan(
      topic: try TopicArgument.check(topic),
      label: name ?? path,
      job: "ingest-\(SystemClock().now.milliseconds)-\(getpid())",
      format: format,
      speed: speed,
      follows: follows
    )
  }

  private static func source(
    _ path: String,
    _ plan: IngestPlan
  ) throws(CommandFailure) -> any InputSource {
    if plan.follows { return try FollowedFile(path: path) }
    let file = try InputFile(path: path)
    // In small steps, so that the progress of a paced run is that of its events.
    if plan.speed != .maximum { file.blockBytes = 4 << 10 }
    return file
  }
}
