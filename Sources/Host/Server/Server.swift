// SPDX-License-Identifier: Apache-2.0
public import Sinks
import Streams
public import Transport

/// An engine behind HTTP, WebSocket and server-sent events, on loops of its own.
public final class Server: Sendable {
  let services: ServerServices
  private let listener: Listener
  private let workers: [LoopWorker]

  /// Binds the address; nothing is served yet.
  ///
  /// - Parameters:
  ///   - configuration: What the server is told.
  ///   - engine: What it serves.
  ///   - webhooks: Where events are delivered to; default `nil`, where nothing is stored.
  ///   - log: Says something to whoever runs the server; called from any thread.
  /// - Throws: ``ConfigurationViolation`` when the host is not loopback, `TLSConfigurationError` when
  ///   the certificate or the key can't be used, `SystemError` when the address is not to be had.
  public init(
    configuration: Configuration,
    engine: Engine,
    webhooks: WebhookService? = nil,
    log: @escaping @Sendable (String) -> Void
  ) throws {
    listener = try Listener(host: configuration.host, port: configuration.port)
    guard listener.address.isLoopback else {
      throw ConfigurationViolation(
        field: "host",
        detail: "'\(configuration.host)' can be reached from other machines, and this server has "
          + "no keys to tell users apart: use 127.0.0.1"
      )
    }
    let tls = try configuration.tls.map {
      try TLSServerContext(certificatePath: $0.certificatePath, keyPath: $0.keyPath)
    }
    let services = ServerServices(
      configuration: configuration,
      engine: engine,
      tls: tls,
      webhooks: webhooks,
      log: log
    )
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

  /// Begins to serve, on threads of its own.
  ///
  /// - Throws: `SystemError` when a thread can't be started.
  public func start() throws {
    for worker in workers { try worker.start() }
  }

  /// Tells all subscribers, lets them go and ends the loops; blocks for at most about `drain`.
  ///
  /// A second call, from any thread, can only make that shorter.
  /// - Parameter drain: How long peers have to take what is on its way. Default a second.
  public func stop(within drain: Duration = .seconds(1)) {
    services.isShuttingDown = true
    for worker in workers { worker.shutDown(within: drain) }
    for worker in workers { worker.loop.join() }
    listener.shutDown()
  }
}
