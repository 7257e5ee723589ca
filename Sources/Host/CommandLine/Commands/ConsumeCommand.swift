// SPDX-License-Identifier: Apache-2.0
import Codecs

/// `weir consume`: prints what a named consumer has not had of a durable topic yet.
struct ConsumeCommand: Command {
  let usage = CommandUsage(
    "consume",
    "print what a named consumer has not had of a durable topic yet, as lines of JSON",
    positionals: [
      .init("TOPIC", "the topic"),
      .init("CONSUMER", "whose place the server keeps; made if it is not there"),
    ],
    options: [
      .init(
        "from",
        "PLACE",
        "where a new consumer begins: earliest, latest or an offset; earliest"
      ),
      .init("lifetime", "DAYS", "a new consumer goes after so long without use; 30"),
      .init("limit", "N", "end after about so many events; else when there are no more"),
      .server, .authority,
    ],
    examples: [
      .init("weir consume orders nightly >> orders.ndjson", "goes on where it ended last time")
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    let topic = try TopicArgument.check(arguments.positionals[0])
    let limit = try arguments.number("limit", in: 1...UInt64.max)
    let days = try arguments.number("lifetime", in: 1...3_650) ?? 30
    let run = ConsumeRun(
      topic,
      arguments.positionals[1],
      client: try context.client(arguments),
      console: context.console,
      clock: try context.makeClock()
    )
    try run.open(from: arguments["from"] ?? "earliest", lifetimeDays: days)
    try run.print(limit: limit ?? .max)
    return 0
  }
}

/// Reads page after page for a consumer; acknowledges each when it is written.
struct ConsumeRun {
  private let target: String
  private let name: String
  private let client: ServerClient
  private let console: any Console
  private let clock: any CommandClock

  init(
    _ topic: String,
    _ consumer: String,
    client: ServerClient,
    console: any Console,
    clock: any CommandClock
  ) {
    target = "\(ServerTarget.topic(topic))/consumers/\(PercentEncoding.encode(consumer))"
    name = topic
    (self.client, self.console, self.clock) = (client, console, clock)
  }

  /// Makes the consumer if it is not there.
  func open(from place: String, lifetimeDays: UInt64) throws(CommandFailure) {
    let query = "?from=\(PercentEncoding.encode(place))&lifetimeDays=\(lifetimeDays)"
    _ = try send(ServerRequest(method: "POST", target: target + query, body: []))
  }

  /// Prints until there is nothing more, or about `limit` events were printed.
  func print(limit: UInt64) throws(CommandFailure) {
    var left = limit
    while left > 0, !clock.isInterrupted {
      let page = try send(.get("\(target)/events?limit=\(min(left, 1_000))"))
      if page["reset"] != nil { console.tellReset(of: name) }
      if let gap = page["gap"] { console.tell(gap: gap, of: name) }
      var (count, last): (UInt64, UInt64?) = (0, page["gap"]?["to"]?.uint64)
      var isOpen = true
      page["events"]?.forEachElement { json in
        guard isOpen, let event = TailEvent(history: json) else { return }
        isOpen = console.printLine(event.json)
        if isOpen { (count, last) = (count + 1, event.offset) }
      }
      guard let last, let epoch = page["epoch"]?.string else { return }
      let place = "/ack?epoch=\(PercentEncoding.encode(epoch))&offset=\(last)"
      _ = try send(ServerRequest(method: "POST", target: target + place, body: []))
      guard isOpen, page["next"]?.uint64 != nil else { return }
      left -= min(left, count)
    }
  }

  private func send(_ request: ServerRequest) throws(CommandFailure) -> JSONView {
    let response: ServerResponse
    do { response = try client.send(request) } catch { throw error.failure }
    guard let json = try response.successful().json else {
      throw .failure("the server's answer is no JSON", remedy: "check --server")
    }
    return json
  }
}
