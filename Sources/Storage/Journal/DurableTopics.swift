// SPDX-License-Identifier: Apache-2.0
public import Streams
internal import Synchronization

/// The topics of a directory whose entries an ``EventLog`` stores.
public final class DurableTopics: Sendable {
  /// The log that stores them.
  public let log: EventLog
  /// The names of the topics of events that were stored when it was made, in order; without those
  /// that never had an entry or a mark.
  public let names: [String]
  let rules: @Sendable (String) -> StorageRules?
  /// The topics of changes.
  let changes = Mutex<[String: ChangeTopic]>([:])
  /// Names that were asked for.
  private let given = Mutex<Set<String>>([])
  private let known: Mutex<[String: TopicDirectory.Journaling]>

  /// Takes up what is stored; waits for the disk.
  ///
  /// - Parameters:
  ///   - log: Where they are stored.
  ///   - rules: What the topic of a name keeps, or `nil` if it is volatile. A topic that is stored
  ///     already goes on being stored whatever they say.
  /// - Throws: ``StorageError``.
  public init(
    _ log: EventLog,
    rules: @escaping @Sendable (String) -> StorageRules?
  ) throws(StorageError) {
    (self.log, self.rules) = (log, rules)
    known = Mutex([:])
    let stored = try log.takeUpTopics(rules)
    let isOfChanges: (StoredTopic) -> Bool = { $0.table?.form == .changes }
    names = stored.filter { !isOfChanges($0) && !$0.isUnused }.map(\.name)
    for topic in stored {
      if isOfChanges(topic) { takeUpChanges(topic) } else { takeUp(topic) }
    }
  }

  /// Makes a name that of a topic of changes; answers whether it can be.
  ///
  /// One that is stored and was never used can: a table was about to be made when the process ended.
  func claimForChanges(_ name: String) -> Bool {
    if given.withLock({ $0.contains(name) }) { return false }
    guard let journaling = known.withLock({ $0[name] }) else { return true }
    guard let topic = (journaling.journal as? EventJournal)?.stored, topic.isUnused else {
      return false
    }
    known.withLock { $0[name] = nil }
    takeUpChanges(topic)
    return true
  }

  /// What stores the topic of a name, and where its log stands; `nil` for a volatile topic, also of a
  /// name that a table has which was opened here or is stored.
  ///
  /// To be asked once for each topic that a directory makes.
  public func journaling(_ name: String) -> TopicDirectory.Journaling? {
    if let stored = known.withLock({ $0[name] }) {
      given.withLock { _ = $0.insert(name) }
      return stored
    }
    let isTable = changes.withLock { $0[name] != nil }
    guard !isTable, let rules = rules(name) else { return nil }
    given.withLock { _ = $0.insert(name) }
    let epoch = Epoch()
    let journal = EventJournal(
      name,
      rules,
      epoch,
      as: .events,
      in: log,
      noteStored: { [weak self] journal in
        // Its life goes on, even if the directory forgets the topic before anything is in it.
        self?.known.withLock { $0[name] = .init(TopicOrigin(epoch), journal) }
      },
      noteNewLife: { [weak self] in self?.takeUp($0) }
    )
    return .init(TopicOrigin(epoch), journal)
  }

  /// Notes where the log of a stored topic stands.
  private func takeUp(_ topic: StoredTopic) {
    let origin = TopicOrigin(topic)
    let journal = EventJournal(topic, as: .events, in: log) { [weak self] in self?.takeUp($0) }
    known.withLock { $0[topic.name] = .init(origin, journal) }
  }
}

extension TopicOrigin {
  /// Where the log of a stored topic stands.
  init(_ topic: StoredTopic) {
    self.init(topic.epoch)
    end = Position(next: topic.nextOffset, nextMark: topic.nextMark)
    floor = topic.appended
    formerLives = topic.formerLives
  }
}
