// SPDX-License-Identifier: Apache-2.0
public import Streams
internal import Synchronization

/// The topics of a directory whose entries an ``EventLog`` stores.
public final class DurableTopics: Sendable {
  /// The log that stores them.
  public let log: EventLog
  /// The names of the topics that were stored when it was made, in order.
  public let names: [String]
  private let rules: @Sendable (String) -> StorageRules?
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
    names = stored.map(\.name)
    for topic in stored { takeUp(topic) }
  }

  /// What stores the topic of a name, and where its log stands; `nil` for a volatile topic.
  ///
  /// To be asked once for each topic that a directory makes.
  public func journaling(_ name: String) -> TopicDirectory.Journaling? {
    if let stored = known.withLock({ $0[name] }) { return stored }
    guard let rules = rules(name) else { return nil }
    let epoch = Epoch()
    let journal = EventJournal(
      name,
      rules,
      epoch,
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
    var origin = TopicOrigin(topic.epoch)
    origin.end = Position(next: topic.nextOffset, nextMark: topic.nextMark)
    origin.floor = topic.appended
    let journal = EventJournal(topic, in: log) { [weak self] in self?.takeUp($0) }
    known.withLock { [origin] in $0[topic.name] = .init(origin, journal) }
  }
}
