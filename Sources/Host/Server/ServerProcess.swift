// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc
import Storage
public import Streams
import Transport

/// A whole program: an engine with the standard pipelines and your own, behind a server, until a
/// signal ends it.
///
/// ```swift
/// let status = await ServerProcess.main { topics in
///   let orders = try topics.topic("orders")
///   let large = orders.flow(from: .earliest).filter { $0.type == "large" }
///   return [large.pipeline("orders.large", into: try topics.topic("orders.large"))]
/// }
/// exit(status)
/// ```
public struct ServerProcess {
  /// What the server is told.
  public let configuration: Configuration
  /// Makes the pipelines of a program over its topics.
  public typealias MakePipelines =
    @Sendable (TopicDirectory) throws -> [any RunnablePipeline]

  private let makePipelines: MakePipelines

  /// Describes a program; nothing runs yet.
  ///
  /// - Parameters:
  ///   - configuration: What the server is told.
  ///   - makePipelines: Makes pipelines that run besides the standard ones.
  public init(
    _ configuration: Configuration = Configuration(),
    pipelines makePipelines: @escaping MakePipelines = { _ in [] }
  ) {
    self.configuration = configuration
    self.makePipelines = makePipelines
  }

  /// The whole of a `main.swift`: takes the options of `weir serve` from the command line, then runs.
  ///
  /// - Parameters:
  ///   - arguments: The words after the program's name. Default: this process's.
  ///   - makePipelines: Makes pipelines that run besides the standard ones.
  /// - Returns: The exit status: 0 after a signal, 1 failed, 2 used wrongly.
  public nonisolated(nonsending) static func main(
    _ arguments: [String] = Array(CommandLine.arguments.dropFirst()),
    pipelines makePipelines: @escaping MakePipelines
  ) async -> Int32 {
    await CommandLineTool.run(
      ["serve"] + arguments,
      commands: [ServeCommand(pipelines: makePipelines)],
      in: CommandContext(environment: ProcessInfo.processInfo.environment)
    )
  }

  /// Serves until SIGINT or SIGTERM; with TLS, SIGHUP reads the certificate and its key again.
  ///
  /// It blocks the calling thread, which must be the process's first, before others were started.
  /// - Returns: The exit status: 0 after a signal, 1 if the address or a topic is not to be had.
  public func run() -> Int32 {
    do {
      let hangUp = configuration.tls == nil ? [] : [SIGHUP]
      let signals = try SignalWatcher(signals: [SIGINT, SIGTERM] + hangUp)
      let stored = try openStore()
      // What was taken is written before the process ends, whatever ends it.
      defer { stored?.log.close() }
      let revocations = try openRevocations(stored)
      let topics = TopicDirectory(rules: configuration.topicRules(storedIn: stored))
      let engine = try makeEngine(topics, stored)
      let webhooks = try stored.map {
        try WebhookHost(log: $0.log, topics: topics, report: Self.log)
      }
      let descriptors = DescriptorLimit.raise()
      if descriptors < configuration.maximumConnections {
        Self.log("the system allows \(descriptors) descriptors: raise it with ulimit -n")
      }
      let server = try Server(
        configuration: configuration,
        engine: engine,
        webhooks: webhooks?.service,
        revocations: revocations,
        log: Self.log
      )
      let running = Task { await engine.run(report: Self.log) }
      let delivering = Task { await webhooks?.run() }
      defer {
        running.cancel()
        delivering.cancel()
      }
      try Self.serve(server, within: configuration.drain) {
        Self.say("Weir is at \(server.url)  (Ctrl-C ends it)")
        Self.warn(of: server.tls)
        report(engine, server, until: signals)
      } watching: {
        try signals.watch($0)
      }
      signals.stop()
      return 0
    } catch let error as SystemError where error.errno == EADDRINUSE {
      Self.log(
        "port \(configuration.port) is in use: choose another with --port, "
          + "or end the program that holds it"
      )
    } catch let error as StorageError where error.isTransient {
      Self.log(
        "\(error) — that is for a server that runs: this one could not start, start it again"
      )
    } catch let error as SystemError where error.errno == EACCES {
      Self.log("\(error): choose a port above 1023 with --port")
    } catch {
      Self.log("\(error)")
    }
    return 1
  }

  /// Starts a server, waits for its end to be wished for, and stops it, whatever happens meanwhile.
  ///
  /// - Parameters:
  ///   - server: The server.
  ///   - drain: How long its peers have to take what is on its way.
  ///   - wait: Returns when the server shall end.
  ///   - watch: Begins to call back when it shall end sooner; the first time is enough.
  /// - Throws: `SystemError` when a thread can't be started, and what `watch` throws.
  static func serve(
    _ server: Server,
    within drain: Duration,
    until wait: () -> Void,
    watching watch: (@escaping @Sendable (CInt) -> Void) throws -> Void
  ) throws {
    // Loops that have started go on by themselves, even where a later one could not start.
    defer { server.stop(within: drain) }
    try server.start()
    wait()
    // Whoever asks twice does not want to wait.
    try watch { _ in server.stop(within: .zero) }
  }

  /// Opens what is stored, and tells what was found.
  private func openStore() throws -> DurableTopics? {
    guard let directory = configuration.dataDirectory else { return nil }
    try DataPath.check(directory)
    let log = try EventLog(directory: directory, settings: configuration.storage)
    let configuration = configuration
    let stored = try DurableTopics(log) { configuration.storageRules($0) }
    for line in StoreReport.lines(of: stored, in: directory) { Self.say(line) }
    for name in stored.names where configuration.storageRules(name) == nil {
      Self.log("topic '\(name)' is stored and goes on so, though no --durable names it")
    }
    return stored
  }

  /// Opens what was revoked, where it means anything: without keys nobody has a token.
  private func openRevocations(_ stored: DurableTopics?) throws -> StoredRevocations? {
    guard configuration.identity != nil, let stored else { return nil }
    // Nobody is served before it is known whom to refuse.
    return try Blocking.value { () async throws in
      try await StoredRevocations.open(in: stored, report: Self.log)
    }
  }

  private func makeEngine(
    _ topics: TopicDirectory,
    _ stored: DurableTopics?
  ) throws -> Engine {
    // They are there from the start, as a reader would expect.
    for name in stored?.names ?? [] { _ = try topics.topic(name) }
    let own = try Configuration.ownTopics.sorted().map { try topics.topic($0) }
    let standard = StandardPipelines(topics: topics, settings: configuration.pipelines)
    var sources: [@Sendable () async throws -> Void] = []
    if let interval = configuration.machineInterval {
      var settings = MachineObserver.Settings()
      settings.interval = interval
      let observer = MachineObserver(publishingTo: topics, settings: settings, report: Self.log)
      sources.append { try await observer.run() }
    }
    return try Engine(
      topics: topics,
      pipelines: try standard.make() + makePipelines(topics),
      sources: sources,
      keeping: own,
      storedIn: stored
    )
  }

  /// Says every few seconds what flows, until a signal comes.
  private func report(_ engine: Engine, _ server: Server, until signals: SignalWatcher) {
    let flows = FlowReport(engine.topics)
    var watch = StoreWatch(engine.stored?.log)
    var seconds = 0
    while true {
      switch signals.wait(for: .seconds(1)) {
      case nil:
        if let line = watch.next() { Self.log(line) }
        seconds += 1
        if seconds % 5 == 0, let line = flows.next() { Self.say(line) }
      case SIGHUP?: if let tls = server.tls { Self.reload(tls) }
      case _?: return
      }
    }
  }

  /// Reads the certificate again and tells what came of it; a failure leaves everything as it was.
  private static func reload(_ tls: TLSServerContext) {
    do throws(TLSConfigurationError) {
      try tls.reload()
      say("new connections get the certificate of \(tls.certificatePath) as it is now")
      warn(of: tls)
    } catch {
      log("the certificate in use stays: \(error)")
    }
  }

  /// Tells when browsers refuse the certificate by its date, or soon will.
  private static func warn(of tls: TLSServerContext?) {
    guard let tls, tls.daysLeft < 7 else { return }
    let when = tls.daysLeft < 0 ? "has ended" : "ends in \(tls.daysLeft) days"
    log("the certificate of \(tls.certificatePath) \(when): have it renewed, then send SIGHUP")
  }

  private static func say(_ text: String) {
    write(text, to: 1)
  }

  private static let log: @Sendable (String) -> Void = { write("weir: \($0)", to: 2) }

  /// Writes a line, unless whoever reads is gone or takes nothing: a full pipe or a stopped terminal
  /// must not keep the server from its work or its end.
  private static func write(_ line: String, to descriptor: CInt) {
    // A pipe that can be written to takes this much without waiting (pipe(7), PIPE_BUF).
    let bytes = Array("\(line)\n".utf8.prefix(4_096))
    var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&watched, 1, 0) == 1, watched.revents & Int16(POLLOUT) != 0 else { return }
    _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
