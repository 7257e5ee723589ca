// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
public import Sinks
import Streams
import Synchronization
public import Transport

/// An engine behind HTTP, WebSocket and server-sent events, on loops of its own.
public final class Server: Sendable {
  let services: ServerServices
  private let listener: Listener
  private let workers: [LoopWorker]
  private let keeper: KeyKeeper?
  private let keeping = Mutex<[Task<Void, Never>]>([])

  /// Binds the address; nothing is served yet.
  ///
  /// - Parameters:
  ///   - configuration: What the server is told.
  ///   - engine: What it serves.
  ///   - webhooks: Where events are delivered to; default `nil`, where nothing is stored.
  ///   - revocations: What was revoked before, and is written down from now on; default `nil`, where
  ///     nothing is stored.
  ///   - log: Says something to whoever runs the server; called from any thread.
  /// - Throws: ``ConfigurationViolation`` when the host is not loopback, or a file of keys or a
  ///   certificate can't be used, `SystemError` when the address is not to be had.
  public init(
    configuration: Configuration,
    engine: Engine,
    webhooks: WebhookService? = nil,
    revocations: StoredRevocations? = nil,
    log: @escaping @Sendable (String) -> Void
  ) throws {
    listener = try Listener(host: configuration.host, port: configuration.port)
    guard listener.address.isLoopback || configuration.identity != nil else {
      throw ConfigurationViolation(
        field: "host",
        detail: "'\(configuration.host)' can be reached from other machines, and this server has "
          + "no keys to tell users apart: use 127.0.0.1, or configure \"identity\""
      )
    }
    let environment = ProcessInfo.processInfo.environment
    keeper = try configuration.identity.map {
      try Self.keeper($0, environment, configuration.webSocket.version, log)
    }
    let tls = try configuration.tls.map { try Self.tls($0) }
    let services = ServerServices(
      configuration: configuration,
      engine: engine,
      tls: tls,
      webhooks: webhooks,
      verifier: keeper.map {
        TokenVerifier(keeper: $0, policy: configuration.identity?.policy ?? TokenPolicy())
      },
      apiKeys: try Self.apiKeys(configuration.apiKeys, environment),
      storedRevocations: revocations,
      log: log
    )
    _ = revocations?.load(into: services.revocations, at: engine.topics.clock.now)
    let reach = services.reach
    _ = services.revocations.observe { revocation in reach.forEach { $0.heed(revocation) } }
    self.services = services
    let listener = listener
    workers = try (0..<(configuration.loops ?? Machine.coreCount)).map {
      try LoopWorker(number: $0, listener: listener, services: services)
    }
  }

  /// The port it listens on.
  public var port: UInt16 { listener.port }
  /// The address of its dashboard.
  public var url: String { "\(services.tls == nil ? "http" : "https")://\(listener.address)" }
  /// The certificate it shows, to be reloaded; `nil` for a server without TLS.
  public var tls: TLSServerContext? { services.tls }

  private static func keeper(
    _ settings: IdentitySettings,
    _ environment: [String: String],
    _ agent: String,
    _ log: @escaping @Sendable (String) -> Void
  ) throws -> KeyKeeper {
    let asks = settings.sources.contains { $0.url != nil }
    let fetcher = asks ? try HTTPKeyFetcher(agent: agent) : nil
    do throws(KeySourceFailure) {
      return try KeyKeeper(
        settings.sources,
        environment: environment,
        fetcher: fetcher,
        clock: SystemClock(),
        report: log
      )
    } catch {
      throw ConfigurationViolation(error, of: settings.sources, under: "identity.keys")
    }
  }

  private static func apiKeys(
    _ sources: [APIKeySource],
    _ environment: [String: String]
  ) throws(ConfigurationViolation) -> APIKeys {
    do throws(KeySourceFailure) {
      return try APIKeys(sources, environment: environment)
    } catch {
      throw ConfigurationViolation(error, of: sources.map(\.secret), under: "apiKeys")
    }
  }

  private static func tls(
    _ files: Configuration.TLSFiles
  ) throws(ConfigurationViolation) -> TLSServerContext {
    do throws(TLSConfigurationError) {
      return try TLSServerContext(certificatePath: files.certificatePath, keyPath: files.keyPath)
    } catch {
      let isKey = error.file == files.keyPath && files.keyPath != files.certificatePath
      throw ConfigurationViolation(
        field: isKey ? "tls.key (--tls-key)" : "tls.certificate (--tls-certificate)",
        detail: error.description
      )
    }
  }

  /// Begins to serve, on threads of its own.
  ///
  /// - Throws: `SystemError` when a thread can't be started.
  public func start() throws {
    for worker in workers { try worker.start() }
    let (keeper, derived) = (keeper, services.clients.derived)
    keeping.withLock { tasks in
      if let keeper { tasks.append(Task { await keeper.run() }) }
      tasks.append(Task { await derived.run() })
      if let stored = services.storedRevocations {
        let (list, now, log) = (services.revocations, services.startedAt, services.log)
        tasks.append(
          Task {
            do throws(PublishError) {
              try await stored.deleteExpired(before: now, of: list)
            } catch {
              log("revocations that are over stay on disk until the next start: \(error)")
            }
          }
        )
      }
      tasks.append(
        Task {
          // Until it is cancelled.
          while (try? await Task.sleep(for: .seconds(1))) != nil { derived.sweep() }
        }
      )
    }
  }

  /// Tells all subscribers, lets them go and ends the loops; blocks for at most about `drain`.
  ///
  /// A second call, from any thread, can only make that shorter.
  /// - Parameter drain: How long peers have to take what is on its way. Default a second.
  public func stop(within drain: Duration = .seconds(1)) {
    services.isShuttingDown = true
    for task in keeping.withLock({ $0 }) { task.cancel() }
    for worker in workers { worker.shutDown(within: drain) }
    for worker in workers { worker.loop.join() }
    listener.shutDown()
  }
}
