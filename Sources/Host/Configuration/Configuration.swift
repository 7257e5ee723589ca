// SPDX-License-Identifier: Apache-2.0
public import Sinks
public import Storage
public import Streams

/// Everything a server can be told, with its defaults.
public struct Configuration: Sendable {
  /// What topics of some names are like.
  public struct TopicRule: Sendable {
    /// A name, or the beginning of names with `*` behind it.
    public var pattern: String
    /// What is kept in memory.
    public var retention: Retention
    /// Who may do what, and what subscribers can know of each other.
    public var channel: ChannelRules
    /// What is kept on disk; `nil` leaves that to ``Configuration/durable``.
    public var storage: StorageRules?
    /// What makes them tables; `nil` where they are none.
    public var table: TableSettings?

    /// Makes a rule.
    public init(
      pattern: String,
      retention: Retention = Retention(),
      channel: ChannelRules = ChannelRules(),
      storage: StorageRules? = nil,
      table: TableSettings? = nil
    ) {
      (self.pattern, self.retention) = (pattern, retention)
      (self.channel, self.storage, self.table) = (channel, storage, table)
    }

    func matches(_ name: String) -> Bool { Configuration.matches(pattern, name) }
  }

  /// Which topics are stored on disk, and how.
  public struct DurableRule: Sendable {
    /// A name, or the beginning of names with `*` behind it.
    public var pattern: String
    /// What is kept on disk, and when a publish is acknowledged.
    public var storage: StorageRules

    /// Makes a rule; by default a publish is acknowledged when the disk has it.
    public init(pattern: String, storage: StorageRules = StorageRules()) {
      self.pattern = pattern
      self.storage = storage
    }
  }

  static func matches(_ pattern: String, _ name: String) -> Bool {
    pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
  }

  /// The address to listen on.
  ///
  /// Default 127.0.0.1; without keys only loopback is possible.
  public var host = "127.0.0.1"
  /// The port; 0 takes any free one.
  ///
  /// Default 8080.
  public var port: UInt16 = 8080
  /// The files of a certificate and of its key.
  public struct TLSFiles: Hashable, Sendable {
    /// A file in PEM form: the server's certificate, then those that signed it.
    public var certificatePath: String
    /// A file in PEM form: the key of that certificate, without a passphrase.
    public var keyPath: String

    /// Names both files.
    public init(certificatePath: String, keyPath: String) {
      self.certificatePath = certificatePath
      self.keyPath = keyPath
    }
  }

  /// What makes the server speak TLS, and nothing else, on its port.
  ///
  /// Default: no TLS.
  public var tls: TLSFiles?
  /// Further names under which the server may be addressed.
  public var allowedHosts: [String] = []
  /// Origins of pages, besides the server's own, that may use it.
  public var allowedOrigins: [String] = []
  /// How many event loops there are.
  ///
  /// Default: one per core.
  public var loops: Int?
  /// The most connections.
  ///
  /// Default 20,000.
  public var maximumConnections = 20_000
  /// The most connections of one address, where an IPv6 address stands for its network of 64 bits.
  ///
  /// Default `nil`: no such bound, since behind a proxy all come from one.
  public var maximumConnectionsPerAddress: Int?
  /// The most bytes held for all peers, beyond what topics keep: pieces of requests and messages,
  /// answers and replies that were not taken, and what TLS has encrypted and not sent.
  ///
  /// Default 256 MiB; beyond it requests get 503, and sessions that hold over 4 KiB of it are closed,
  /// WebSockets with 1013.
  public var maximumHeldBytes = 256 << 20
  /// How long peers have to take what is on its way when the server ends; over most of it, many
  /// sessions are told one after the other.
  ///
  /// Default a second.
  public var drain: Duration = .seconds(1)
  /// The most bytes that may wait for one connection.
  ///
  /// Default 8 MiB: a page of history.
  public var maximumOutboundBytes = 8 << 20
  /// How long a publish over HTTP may be held back by a slow consumer.
  ///
  /// Default 20 s.
  public var publishTimeout: Duration = .seconds(20)
  /// The most topics.
  ///
  /// Default 100,000.
  public var maximumTopics = 100_000
  /// Whether only names that `topics` lists can be topics.
  ///
  /// Default: any name can.
  public var onlyListedTopics = false
  /// What topics are like; the first rule that matches holds.
  public var topics: [TopicRule] = []
  /// How clients prove who they are.
  ///
  /// Default `nil`: nobody is told apart, everybody may do everything, and only this machine can reach
  /// the server.
  public var identity: IdentitySettings?
  /// Where the keys are that allow everything, for programs that run beside the server.
  ///
  /// Default none: then everybody may call the server's API if there is no ``identity`` either, else
  /// nobody.
  public var apiKeys: [APIKeySource] = []
  /// The directory of what is stored; made if it is not there.
  ///
  /// Default `nil`: nothing is stored.
  public var dataDirectory: String?
  /// Which topics are stored there; the first rule that matches holds, others are volatile.
  public var durable: [DurableRule] = []
  /// How much memory and disk the store may use.
  public var storage = StorageSettings()
  /// What the standard pipelines are told.
  public var pipelines = PipelineSettings()
  /// How often the machine is observed; `nil` for not at all.
  ///
  /// Default once a second.
  public var machineInterval: Duration? = .seconds(1)
  /// What WebSocket sessions may do.
  public var webSocket = WebSocketSettings()
  /// What event streams may do.
  public var eventStream = EventStreamSettings()

  /// The types of events that are known, with their schemas.
  ///
  /// Default: those that are built in, whose data may be anything.
  public var eventTypes = EventTypeRegistry()
  /// What chains inside subscriptions may take.
  public var chains = DerivedTopicSettings()

  /// Makes the default configuration.
  public init() {}

  /// How topics come into being under this configuration.
  ///
  /// The topics of the standard pipelines are always allowed, and those that are stored already.
  ///
  /// - Parameter stored: Those whose entries are stored; none by default.
  /// - Returns: The rules.
  public func topicRules(storedIn stored: DurableTopics? = nil) -> TopicDirectory.Rules {
    let (rules, onlyListed) = (topics, onlyListedTopics)
    let always = Self.ownTopics.union(stored?.names ?? [])
    return TopicDirectory.Rules(
      maximumTopics: maximumTopics,
      retention: { name in
        if let rule = rules.first(where: { $0.matches(name) }) { return rule.retention }
        return onlyListed && !always.contains(name) ? nil : Retention()
      },
      journal: { stored?.journaling($0) },
      table: { name in rules.first { $0.matches(name) }?.table }
    )
  }

  /// What is stored of the topic of a name; `nil` if it is volatile.
  func storageRules(_ name: String) -> StorageRules? {
    durable.first { Self.matches($0.pattern, name) }?.storage
      ?? topics.first { $0.matches(name) }?.storage
  }

  /// What is said of a topic as a channel.
  func channelRules(_ name: String) -> ChannelRules {
    topics.first { $0.matches(name) }?.channel ?? ChannelRules()
  }

  /// The topics that a server writes or reads by itself.
  static let ownTopics: Set<String> = [
    "access", "activity", "progress", "system",
    "requests.rate", "requests.top", "requests.visitors", "system.load",
  ]
}
