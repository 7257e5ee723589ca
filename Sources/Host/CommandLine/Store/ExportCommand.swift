// SPDX-License-Identifier: Apache-2.0
import Codecs
import Storage
import Streams

/// `weir export`: writes a topic of a data directory as lines of JSON.
struct ExportCommand: Command {
  let usage = CommandUsage(
    "export",
    "write a stored topic as lines of JSON, also while a server runs on its directory",
    positionals: [.init("DIR", "the data directory"), .init("TOPIC", "the topic")],
    options: [
      .init("after", "N", "begin behind this offset; else with the oldest entry that is kept"),
      .init("through", "N", "end with this offset; else with the newest entry"),
      .init("output", "FILE", "write a file that is not there yet; else standard output"),
    ],
    examples: [
      .init("weir export /var/lib/weir orders --output orders.ndjson", "a whole topic"),
      .init("weir export /var/lib/weir orders --after 1000 | gzip > rest.gz", "its newer part"),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let directory = arguments.positionals[0]
    let name = try TopicArgument.check(arguments.positionals[1])
    let after = try arguments.number("after", in: 0...UInt64.max) ?? 0
    let through = try arguments.number("through", in: 0...UInt64.max) ?? .max
    guard after <= through else {
      throw .misuse(
        "--after \(after) is behind --through \(through)",
        remedy: "swap them, or leave one out"
      )
    }
    try StorePath.checkDirectory(directory)
    let (topic, reader) = try Self.find(name, in: directory)
    let run = ExportRun(
      TopicExport(topic, reader, after: after, through: through),
      to: try arguments["output"].map { path throws(CommandFailure) in try NewFile(path: path) },
      console: context.console,
      progress: StepProgress(context.console, try context.makeClock()),
      directory: directory
    )
    try run.run()
    return 0
  }

  private static func find(
    _ name: String,
    in directory: String
  ) throws(CommandFailure) -> (StoredTopic, StoreReader) {
    let reader: StoreReader
    let topics: [StoredTopic]
    do {
      reader = try StoreReader(directory: directory)
      topics = try reader.topics()
    } catch {
      throw CommandFailure(error, directory: directory)
    }
    if let topic = topics.first(where: { $0.name == name }) { return (topic, reader) }
    let near = nearestName(to: name, among: topics.map(\.name))
    throw .misuse(
      "'\(directory)' has no topic '\(name)'",
      remedy: near.map { "did you mean '\($0)'?" } ?? "'weir doctor \(directory)' lists them"
    )
  }
}
