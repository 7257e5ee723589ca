// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The event topics of one engine, by name; they come into being when they are first asked for.
public final class TopicDirectory: Sendable {
  /// Why there is no such topic.
  public enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name is not allowed for any topic.
    case name(TopicName.Violation)
    /// The configuration does not allow a topic of this name to come into being.
    case notAllowed(String)
    /// There are as many topics as there may be.
    case tooMany(limit: Int)

    /// What is wrong and what helps.
    public var description: String {
      switch self {
      case .name(let violation):
        violation.description
      case .notAllowed(let name):
        "the configuration does not allow a topic '\(name)'; add it under \"topics\""
      case .tooMany(let limit):
        "there are \(limit) topics, the most allowed; raise \"maximumTopics\""
      }
    }
  }

  /// How topics are made.
  public struct Rules: Sendable {
    /// The retention of the topic of a name, or `nil` if the name is not allowed.
    public var retention: @Sendable (String) -> Retention?
    /// The most topics; default 100,000.
    public var maximumTopics: Int
    /// What stores the topic of a name, and where its log stands; `nil` for a volatile topic.
    ///
    /// Called while a topic is made, so it must be short. Default: all are volatile.
    public var journal: @Sendable (String) -> Journaling?
    /// What makes the topic of a name a table; `nil` for one that is none.
    ///
    /// Default: none is.
    public var table: @Sendable (String) -> TableSettings?

    /// Makes rules; by default every name is allowed and has the default retention.
    public init(
      maximumTopics: Int = 100_000,
      retention: @escaping @Sendable (String) -> Retention? = { _ in Retention() },
      journal: @escaping @Sendable (String) -> Journaling? = { _ in nil },
      table: @escaping @Sendable (String) -> TableSettings? = { _ in nil }
    ) {
      self.maximumTopics = maximumTopics
      self.journal = journal
      self.table = table
      self.retention = retention
    }
  }

  /// What stores a topic, and where its log stands.
  public struct Journaling: Sendable {
    /// Where the log stands.
    public let origin: TopicOrigin
    /// What stores it.
    public let journal: any TopicJournal<Event>

    /// Puts both together.
    public init(_ origin: TopicOrigin, _ journal: any TopicJournal<Event>) {
      (self.origin, self.journal) = (origin, journal)
    }
  }

  private struct State {
    var topics: [String: Topic<Event>] = [:]
    /// What topics that are made alike share, so that an idle one takes little memory.
    private var settings: [Likeness: TopicSettings<Event>] = [:]

    private struct Likeness: Hashable {
      let retention: Retention
      let table: TableSettings?
    }

    /// The topic of that name, unless another is to take its place.
    mutating func existing(_ name: String) -> Topic<Event>? {
      // Equal text may have other bytes, which are another name, and none that is allowed.
      guard let topic = topics[name], topic.name.utf8.elementsEqual(name.utf8) else { return nil }
      guard !topic.hasLostItsLife else {
        topics[name] = nil
        return nil
      }
      topic.noteUse()
      return topic
    }

    /// Tells whether a topic has entries or readers, or anybody else holds it: a pipeline that
    /// writes it, say, which would go on writing what nobody can find any more.
    mutating func isHeld(_ place: Dictionary<String, Topic<Event>>.Index) -> Bool {
      if topics.values[place].isInUse { return true }
      return !isKnownUniquelyReferenced(&topics.values[place])
    }

    /// What a topic of that retention is made with.
    mutating func settings(
      for retention: Retention,
      _ table: TableSettings?,
      clock: any EngineClock
    ) -> TopicSettings<Event> {
      let likeness = Likeness(retention: retention, table: table)
      if let known = settings[likeness] { return known }
      let made = TopicSettings<Event>(
        retention: retention,
        clock: clock,
        weigher: .each { $0.weight },
        idempotency: IdempotencyLimits(),
        work: TopicWork(),
        table: table
      )
      // Rules that give every name another retention are paid for with memory.
      if settings.count < TopicDirectory.sharedRetentions { settings[likeness] = made }
      return made
    }
  }

  /// The most kinds of topics that share what they are made with.
  private static let sharedRetentions = 64

  /// Where the topics' instants come from.
  public let clock: any EngineClock
  private let rules: Rules
  private let state = Guarded(State())

  /// Makes a directory without topics.
  public init(rules: Rules = Rules(), clock: any EngineClock = SystemClock()) {
    self.rules = rules
    self.clock = clock
  }

  /// The topic of that name, if there is one; asking for it counts as use.
  public func existing(_ name: String) -> Topic<Event>? {
    state.withLock { $0.existing(name) }
  }

  /// The topic of that name, made if there is none.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - reserve: How many places stay for others; default none.
  /// - Returns: The topic.
  /// - Throws: ``Refusal``; nothing was made.
  public func topic(_ name: String, leaving reserve: Int = 0) throws(Refusal) -> Topic<Event> {
    if let topic = existing(name) { return topic }
    do { try TopicName.check(name) } catch { throw .name(error) }
    guard let retention = rules.retention(name) else { throw .notAllowed(name) }
    let topic: Topic<Event>? = state.withLock { state in
      if let topic = state.existing(name) { return topic }
      guard state.topics.count < rules.maximumTopics - reserve else { return nil }
      let found = rules.journal(name)
      let made = Topic(
        name,
        found?.origin ?? TopicOrigin(Epoch()),
        state.settings(for: retention, rules.table(name), clock: clock),
        journal: found?.journal
      )
      made.keepRows()
      state.topics[name] = made
      return made
    }
    guard let topic else { throw .tooMany(limit: rules.maximumTopics) }
    return topic
  }

  /// Whether a topic of that name is a table, by the rules.
  public func makesTables(_ name: String) -> Bool { rules.table(name) != nil }

  /// The most topics.
  public var maximumTopics: Int { rules.maximumTopics }

  /// All topics, by name.
  public var all: [Topic<Event>] {
    state.withLock { Array($0.topics.values) }.sorted { $0.name < $1.name }
  }

  /// Forgets topics that have been empty, unread and held by nobody for `age`; call it now and then.
  public func sweep(unusedFor age: Duration = .seconds(300)) {
    let now = clock.now
    state.withLock { state in
      var gone: [String] = []
      var place = state.topics.startIndex
      while place < state.topics.endIndex {
        if state.isHeld(place) {
          state.topics.values[place].noteUse()
        } else if let since = state.topics.values[place].noteNoUse(at: now), since + age <= now {
          gone.append(state.topics.keys[place])
        }
        state.topics.formIndex(after: &place)
      }
      for name in gone { state.topics[name] = nil }
    }
  }

  /// Closes all topics: publishes are refused, readers drain what is there.
  public func close() {
    for topic in all { topic.close() }
  }
}

/// Called under the directory's lock.
extension Topic {
  /// Takes note that somebody uses it; that is said many times between two sweeps, so most leave its
  /// memory as it is.
  fileprivate func noteUse() {
    let used = Timestamp.never.milliseconds
    if unusedSince.load(ordering: .relaxed) != used { unusedSince.store(used, ordering: .relaxed) }
  }

  /// Takes note that nobody uses it; answers since when that is known, `nil` for the first time.
  fileprivate func noteNoUse(at now: Timestamp) -> Timestamp? {
    let since = Timestamp(milliseconds: unusedSince.load(ordering: .relaxed))
    guard since == .never else { return since }
    unusedSince.store(now.milliseconds, ordering: .relaxed)
    return nil
  }
}
