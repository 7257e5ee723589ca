// SPDX-License-Identifier: Apache-2.0
import Glibc
import Transport

/// `weir bench fanout`: publishes to many subscribers and measures what it costs and how long it takes.
struct BenchCommand: Command {
  let usage = CommandUsage(
    "bench",
    "measure a server: publish to many subscribers, check what comes and how late",
    positionals: [.init("WHAT", "what to measure: fanout")],
    options: [
      .server,
      .init("subscribers", "N", "how many connections receive, 100 by default; 0 for none"),
      .init("topic", "NAME", "the topic, bench by default; nobody else may publish to it"),
      .init("topics", "N", "so many topics, NAME.000000 and so on; events go to any of them"),
      .init("subscriptions", "N", "topics of each subscriber, chosen at random, 1 by default"),
      .init("transport", "ws|sse", "how events are received, ws by default"),
      .init(flag: "topics-in-address", "a WebSocket's address names its topics, no command does"),
      .init("pipe", "JSON", "the chain of each subscription; it must let every event through"),
      .init("publish", "http|ndjson|ws", "how events are published, http by default"),
      .init("publishers", "N", "connections that publish, 1 by default"),
      .init("events", "N", "measure so many events"),
      .init("seconds", "N", "measure for so long, 5 by default"),
      .init("warmup", "MS", "publish for so long before it counts, 500 ms by default"),
      .init("rate", "N", "so many events a second, each due at its own instant"),
      .init("in-flight", "K", "K events at a time, the next when all have one; 1 by default"),
      .init(flag: "idle", "publish nothing, only hold the connections"),
      .init("payload", "BYTES", "the size of an event, 128 by default"),
      .init("slow", "PERCENT", "subscribers that stop reading for half of the time"),
      .init("patience", "S", "how long to wait for answers and events, 10 s by default"),
      .init("pid", "PID", "a process of the server whose use is read", isRepeatable: true),
      .init("dialect", "weir|raw|nchan", "the kind of server, weir by default"),
      .init("seed", "N", "where random choices begin, 1 by default"),
      .init("json", "FILE", "also write the figures to FILE as a JSON object; - for the output"),
    ],
    examples: [
      .init("weir bench fanout --subscribers 1000 --rate 100", "latency at 100 events a second"),
      .init(
        "weir bench fanout --subscribers 1000 --in-flight 32 --pid \"$(pgrep -x weir)\"",
        "what a delivery costs the server"
      ),
    ]
  )

  nonisolated(nonsending) func run(
    _ arguments: ParsedArguments,
    in context: CommandContext
  ) async throws(CommandFailure) -> Int32 {
    guard arguments.positionals[0] == "fanout" else {
      throw .misuse(
        "'bench' does not measure '\(arguments.positionals[0])'",
        remedy: "write 'weir bench fanout'"
      )
    }
    let plan = try FanoutPlan(arguments)
    let server = try Self.server(arguments, context)
    try Self.check(plan)
    let clock = try context.makeClock()
    let report = try Self.run(plan, server, clock)
    try Self.print(report, arguments["json"], context.console)
    if let complaint = report.complaint { throw complaint }
    return 0
  }

  private static func server(
    _ arguments: ParsedArguments,
    _ context: CommandContext
  ) throws(CommandFailure) -> ServerAddress {
    let address = try context.server(arguments)
    guard !address.isSecure else {
      throw .misuse("bench does not measure TLS", remedy: "name a server with an http:// URL")
    }
    return address
  }

  /// Checks what the machine has to allow.
  private static func check(_ plan: FanoutPlan) throws(CommandFailure) {
    let needed = plan.subscriberCount + plan.publisherCount + DescriptorLimit.spare
    let allowed = DescriptorLimit.raise()
    guard needed <= allowed else {
      throw .failure(
        "--subscribers \(plan.subscriberCount) needs \(needed) files, and \(allowed) are allowed",
        remedy: "raise the limit with 'ulimit -n', or give fewer"
      )
    }
    if !plan.processes.isEmpty, ProcessUse.read(plan.processes) == nil {
      throw .misuse("a process of --pid cannot be read", remedy: "give those of a running server")
    }
  }

  private static func run(
    _ plan: FanoutPlan,
    _ server: ServerAddress,
    _ clock: any CommandClock
  ) throws(CommandFailure) -> FanoutReport {
    let outcome = FanoutOutcome()
    let driver: FanoutDriver
    do {
      driver = try FanoutDriver(plan, server: server, outcome: outcome)
      try driver.start()
    } catch {
      throw .failure(error.description, remedy: "check --server")
    }
    var interruptCount = 0
    while outcome.finished == nil {
      clock.wait(milliseconds: 20)
      for _ in interruptCount..<max(interruptCount, clock.interruptCount) { driver.interrupt() }
      interruptCount = clock.interruptCount
    }
    driver.loop.join()
    switch outcome.finished {
    case .success(let report): return report
    case .failure(let failure): throw failure
    case nil: preconditionFailure("a run that is finished has an outcome")
    }
  }

  private static func print(
    _ report: FanoutReport,
    _ file: String?,
    _ console: any Console
  ) throws(CommandFailure) {
    if file == "-" {
      console.printLine(report.json)
      return
    }
    console.print(report.table)
    guard let file else { return }
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
    let descriptor = open(file, flags, 0o644)
    guard descriptor >= 0 else {
      let error = SystemError(errno: errno, operation: "open \(file)")
      throw .failure(error.description, remedy: "give --json a file that can be written")
    }
    defer { close(descriptor) }
    let bytes = report.json + [UInt8(ascii: "\n")]
    guard write(descriptor, bytes, bytes.count) == bytes.count else {
      let error = SystemError(errno: errno, operation: "write \(file)")
      throw .failure(error.description, remedy: "give --json a file that can be written")
    }
  }
}
