// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization
import Transport

/// What all loops of a server share.
final class ServerServices: Sendable {
  let configuration: Configuration
  let engine: Engine
  let frames = FrameLogStore()
  let statistics = ServerStatistics()
  let access: AccessPolicy
  /// Who clients are and what they may do.
  let authority: ServerAuthority
  /// Finds out who has sent a request.
  let callers: CallerCheck
  /// What was taken back of what tokens vouch for.
  let revocations: RevocationList
  /// The same on disk; `nil` where nothing is stored.
  let storedRevocations: StoredRevocations?
  /// What stands for clients in URLs.
  let tickets: TicketOffice
  /// What sessions ask for.
  let clients: ClientServices
  /// Reaches the sessions of all loops.
  let reach = SessionReach()
  /// What programs beside the server have it do.
  let api: ServerAPI
  let admission: Admission
  let budget: ByteBudget
  /// The certificate and key; `nil` for a server without TLS.
  let tls: TLSServerContext?
  /// The webhooks; `nil` for a server that stores nothing.
  let webhooks: WebhookService?
  /// Says something to whoever runs the server.
  let log: @Sendable (String) -> Void
  /// When the server was made.
  let startedAt: Timestamp
  private let shuttingDown = Atomic<Bool>(false)

  init(
    configuration: Configuration,
    engine: Engine,
    tls: TLSServerContext? = nil,
    webhooks: WebhookService? = nil,
    verifier: TokenVerifier? = nil,
    apiKeys: APIKeys = .none,
    storedRevocations: StoredRevocations? = nil,
    log: @escaping @Sendable (String) -> Void
  ) {
    self.configuration = configuration
    self.tls = tls
    self.webhooks = webhooks
    self.engine = engine
    self.log = log
    access = AccessPolicy(configuration: configuration)
    authority = ServerAuthority(
      configuration: configuration,
      verifier: verifier,
      clock: engine.topics.clock,
      statistics: statistics,
      log: log
    )
    callers = CallerCheck(authority: authority, apiKeys: apiKeys)
    revocations = verifier?.revocations ?? RevocationList()
    self.storedRevocations = storedRevocations
    tickets = TicketOffice(revocations: revocations)
    budget = ByteBudget(limit: configuration.maximumHeldBytes)
    clients = ClientServices(
      directory: engine.topics,
      authority: authority,
      presence: PresenceBoard(clock: engine.topics.clock),
      derived: DerivedTopics(settings: configuration.chains, clock: engine.topics.clock),
      types: configuration.eventTypes,
      calls: ServerCalls(topics: engine.topics, authority: authority),
      settings: configuration.webSocket,
      held: budget
    )
    api = ServerAPI(services: clients, reach: reach)
    admission = Admission(
      maximumCount: configuration.maximumConnections,
      maximumPerAddress: configuration.maximumConnectionsPerAddress
    )
    startedAt = engine.topics.clock.now
  }

  /// Whether the server has begun to end.
  var isShuttingDown: Bool {
    get { shuttingDown.load(ordering: .relaxed) }
    set { shuttingDown.store(newValue, ordering: .relaxed) }
  }

  /// How long peers may take.
  var deadlines: HTTPDeadlines {
    var deadlines = HTTPDeadlines()
    deadlines.held = configuration.publishTimeout
    return deadlines
  }

  /// Limits of heads; the body's is each route's own.
  var httpLimits: HTTPLimits {
    var limits = HTTPLimits()
    limits.maximumBodyBytes = nil
    return limits
  }
}
