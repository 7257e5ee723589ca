// SPDX-License-Identifier: Apache-2.0
public import Streams
internal import Synchronization

/// A topic of changes that is stored, or was asked for.
struct ChangeTopic: Sendable {
  /// Where it stood when it was taken up; `nil` if it was not stored.
  var stored: StoredTopic?
  /// The topic, once it was asked for: a `Topic` of changes.
  var topic: (any Sendable)?
}

extension DurableTopics {
  /// Opens a durable table of a program's own keys and values; suspends for the disk.
  ///
  /// It is a topic of its own, which is not among those of events: it is neither seen over HTTP nor
  /// exported. Asked for again, it is the same. Keys and values are stored as the state of operators
  /// is, by `StateCodable` or `Codable`.
  ///
  /// ```swift
  /// let prices = try await stored.openTable("prices", of: String.self, Int.self)
  /// try await prices.set(7, for: "apple")  // is there after a restart
  /// ```
  /// - Parameters:
  ///   - name: The topic's name.
  ///   - key: The type of its keys.
  ///   - value: The type of its values.
  ///   - rules: What its log keeps, and how sure a change is when it is acknowledged; by default what
  ///     the topics' rules say of the name, or else those of ``StorageRules``.
  ///   - retention: How much of its newest past is kept in memory.
  ///   - maximumKeys: The most keys, in memory and on disk. Default 100,000.
  ///   - maximumBytes: The most bytes, by the weigher. Default 64 MiB.
  ///   - weigher: What changes count for in limits of bytes; by default what they take on disk, for
  ///     which each is written down once more.
  ///   - clock: Where its instants come from.
  ///   - recovery: What to do if something of it is not what was stored. Default: refuse.
  /// - Returns: The table.
  /// - Throws: ``TableError``.
  public nonisolated(nonsending) func openTable<Key: Hashable & Sendable, Value: Sendable>(
    _ name: String,
    of key: Key.Type = Key.self,
    _ value: Value.Type = Value.self,
    rules: StorageRules? = nil,
    retention: Retention = Retention(),
    maximumKeys: Int = 100_000,
    maximumBytes: Int = 64 << 20,
    weigher: Weigher<Streams.TableChange<Key, Value>>? = nil,
    clock: any EngineClock = SystemClock(),
    recovery: TableRecovery = .refuse
  ) async throws(TableError) -> Table<Key, Value> {
    do throws(TopicName.Violation) {
      try TopicName.check(name)
    } catch {
      throw .refused(topic: name, reason: error.description)
    }
    let topic = try changes(
      name,
      rules ?? self.rules(name) ?? StorageRules(),
      retention,
      weigher ?? .each { ChangeForm.weight($0) },
      clock
    )
    if let rules { try await keep(name, by: rules) }
    return try await Table<Key, Value>.open(
      topic,
      maximumKeys: maximumKeys,
      maximumBytes: maximumBytes,
      recovery: recovery
    )
  }

  /// Lets a topic that is stored already keep what other rules say.
  private nonisolated(nonsending) func keep(
    _ name: String,
    by rules: StorageRules
  ) async throws(TableError) {
    guard changes.withLock({ $0[name]?.stored != nil }) else { return }
    do throws(StorageError) {
      _ = try await log.openTopic(name, rules)
    } catch {
      throw .notOpened(JournalError(error))
    }
  }

  /// The topic of changes of a name, made if there is none.
  private func changes<Key, Value>(
    _ name: String,
    _ rules: StorageRules,
    _ retention: Retention,
    _ weigher: Weigher<Streams.TableChange<Key, Value>>,
    _ clock: any EngineClock
  ) throws(TableError) -> Topic<Streams.TableChange<Key, Value>> {
    typealias Changes = Topic<Streams.TableChange<Key, Value>>
    guard claimForChanges(name) else {
      throw .refused(topic: name, reason: "its entries are events; name another topic")
    }
    let topic: Changes? = changes.withLock { changes in
      if let known = changes[name]?.topic { return known as? Changes }
      let (origin, journal) = makeJournal(name, rules, changes[name]?.stored, Key.self, Value.self)
      let made = Changes(
        name,
        from: origin,
        journal: journal,
        retention: retention,
        clock: clock,
        weigher: weigher
      )
      changes[name, default: ChangeTopic()].topic = made
      return made
    }
    guard let topic else {
      throw .refused(topic: name, reason: "it was opened with other types of keys or values")
    }
    return topic
  }

  private func makeJournal<Key, Value>(
    _ name: String,
    _ rules: StorageRules,
    _ stored: StoredTopic?,
    _ key: Key.Type,
    _ value: Value.Type
  ) -> (TopicOrigin, StoredJournal<Streams.TableChange<Key, Value>>) {
    let form: StoredForm<Streams.TableChange<Key, Value>> = ChangeForm.form()
    let noteNewLife: @Sendable (StoredTopic) -> Void = { [weak self] in self?.takeUpChanges($0) }
    if let stored {
      let journal = StoredJournal(stored, as: form, in: log, noteNewLife: noteNewLife)
      return (TopicOrigin(stored), journal)
    }
    let epoch = Epoch()
    let journal = StoredJournal(
      name,
      rules,
      epoch,
      as: form,
      in: log,
      noteStored: { _ in },
      noteNewLife: noteNewLife
    )
    return (TopicOrigin(epoch), journal)
  }

  /// Notes where the log of a stored topic of changes stands; another topic goes on with it.
  func takeUpChanges(_ topic: StoredTopic) {
    changes.withLock { $0[topic.name] = ChangeTopic(stored: topic) }
  }
}
