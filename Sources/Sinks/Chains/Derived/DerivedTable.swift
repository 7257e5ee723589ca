// SPDX-License-Identifier: Apache-2.0
import Streams

/// Who reads which derived topic: what ``DerivedTopics`` decides, without locks and tasks.
struct DerivedTable {
  /// A derived topic and those who have to do with it.
  struct Record {
    let derived: DerivedTopic
    /// By their numbers.
    var readers: [UInt64: DerivedMember] = [:]
    /// Since when nobody reads it.
    var unreadSince: Timestamp
    /// Whether it is being rebuilt and has not reached where its source was then.
    var isCatchingUp = false
    /// What has it wait for its one reader.
    var hold: DerivedHold?
    var ending: DerivedEnding?
  }

  /// Whose chain it is of which source.
  struct Chain: Hashable {
    let source: String
    let sourceEpoch: Epoch
    let plan: ChainPlan

    init(_ key: DerivedTopic.Key) {
      (source, sourceEpoch, plan) = (key.source, key.sourceEpoch, key.plan)
    }
  }

  /// A subscriber that waits for its derived topic to catch up.
  struct Waiting {
    let key: DerivedTopic.Key
    let reader: UInt64
    let deadline: Timestamp
    let settle: @Sendable (DerivedRecovery.Reason?) -> Void
  }

  let settings: DerivedTopicSettings
  private(set) var records: [DerivedTopic.Key: Record] = [:]
  /// The newest that runs, for new subscribers.
  private var newest: [Chain: DerivedTopic.Key] = [:]
  var waiting: [UInt64: Waiting] = [:]
  var statistics = DerivedStatistics()
  var isClosed = false
  private var stateBytes = 0
  private var shares = DerivedShares()
  private var nextID: UInt64 = 1

  init(settings: DerivedTopicSettings) { self.settings = settings }

  mutating func makeID() -> UInt64 {
    defer { nextID += 1 }
    return nextID
  }

  /// The derived topic that new subscribers join.
  func joinable(_ chain: Chain) -> DerivedTopic? {
    newest[chain].flatMap { records[$0]?.derived }
  }

  /// Lets a subscriber read one that is there; `nil` if it is not.
  ///
  /// - Throws: ``DerivedRefusal`` if it would be more than its client may have.
  mutating func join(
    _ key: DerivedTopic.Key,
    _ reader: DerivedMember
  ) throws(DerivedRefusal) -> DerivedJoined? {
    guard let record = records[key] else { return nil }
    if let refusal = shares.refusal(of: key, for: reader.client, settings) { throw refusal }
    let number = makeID()
    shares.add(key, of: reader.client)
    records[key]?.readers[number] = reader
    return DerivedJoined(derived: record.derived, reader: number)
  }

  /// The same; `nil` as well where its client may have no more.
  mutating func joinIfAllowed(_ key: DerivedTopic.Key, _ reader: DerivedMember) -> DerivedJoined? {
    // Whoever makes it anew is told why.
    try? join(key, reader)
  }

  /// Whether there is room for another, or one that nobody reads could go.
  func refusal(of key: DerivedTopic.Key, for client: ClientKey?) -> DerivedRefusal? {
    if isClosed { return .closed }
    if let refusal = shares.refusal(of: key, for: client, settings) { return refusal }
    let plan = key.plan
    let canEvict = records.values.contains { $0.readers.isEmpty }
    if records.count >= settings.maximumTopics, !canEvict {
      return .tooMany(limit: settings.maximumTopics)
    }
    let unread = records.values.reduce(0) {
      $0 + ($1.readers.isEmpty ? $1.derived.key.plan.cost.stateBytes : 0)
    }
    if stateBytes - unread + plan.cost.stateBytes > settings.maximumStateBytes {
      return .tooMuchState(limit: settings.maximumStateBytes)
    }
    return nil
  }

  /// Puts a new one in, in place of those that nobody has read for longest where there is no room.
  ///
  /// - Returns: Its first reader, and those that had to go.
  mutating func insert(
    _ derived: DerivedTopic,
    for reader: DerivedMember,
    isRebuilt: Bool,
    hold: DerivedHold? = nil,
    now: Timestamp
  ) throws(DerivedRefusal) -> (joined: DerivedJoined, evicted: [DerivedTopic]) {
    if let refusal = refusal(of: derived.key, for: reader.client) { throw refusal }
    let bytes = derived.key.plan.cost.stateBytes
    var evicted: [DerivedTopic] = []
    while records.count >= settings.maximumTopics
      || stateBytes + bytes > settings.maximumStateBytes
    {
      let unread = records.values.filter { $0.readers.isEmpty }
      guard let oldest = unread.min(by: { $0.unreadSince < $1.unreadSince }) else { break }
      remove(oldest.derived)
      statistics.evicted += 1
      evicted.append(oldest.derived)
    }
    var record = Record(derived: derived, unreadSince: now)
    record.isCatchingUp = isRebuilt
    record.hold = hold
    records[derived.key] = record
    stateBytes += bytes
    statistics.made += 1
    // Who subscribes anew is not to see the past pass by.
    if isRebuilt { statistics.rebuilt += 1 } else { prefer(derived.key) }
    guard let joined = try join(derived.key, reader) else {
      preconditionFailure("what was put in is there")
    }
    return (joined, evicted)
  }

  /// Has new subscribers join it, unless there is one that began later.
  private mutating func prefer(_ key: DerivedTopic.Key) {
    guard key.isShared else { return }
    let chain = Chain(key)
    if let known = newest[chain], known.start >= key.start { return }
    newest[chain] = key
  }

  /// Takes one out.
  mutating func remove(_ derived: DerivedTopic) {
    guard let record = records[derived.key], record.derived === derived else { return }
    records[derived.key] = nil
    for reader in record.readers.values { shares.remove(derived.key, of: reader.client) }
    stateBytes -= derived.key.plan.cost.stateBytes
    forgetNewest(derived.key)
  }

  /// Has nobody join it any more; the next newest takes its place.
  private mutating func forgetNewest(_ key: DerivedTopic.Key) {
    let chain = Chain(key)
    guard newest[chain] == key else { return }
    newest[chain] = nil
    let others = records.values.filter {
      $0.derived.key != key && $0.derived.key.isShared && $0.ending == nil && !$0.isCatchingUp
        && Chain($0.derived.key) == chain
    }
    if let next = others.max(by: { $0.derived.key.start < $1.derived.key.start }) {
      newest[chain] = next.derived.key
    }
  }

  /// Takes note that one has caught up.
  mutating func noteCaughtUp(_ derived: DerivedTopic) {
    guard let record = records[derived.key], record.derived === derived, record.isCatchingUp else {
      return
    }
    records[derived.key]?.isCatchingUp = false
    if record.ending == nil { prefer(derived.key) }
  }

  /// Lets a reader go; answers the derived topic if it is of no use any more.
  mutating func leave(_ key: DerivedTopic.Key, _ reader: UInt64, now: Timestamp) -> DerivedTopic? {
    guard let gone = records[key]?.readers.removeValue(forKey: reader) else { return nil }
    shares.remove(key, of: gone.client)
    guard let record = records[key], record.readers.isEmpty else { return nil }
    records[key]?.unreadSince = now
    // Nobody waits for what is still being read again, nor joins what was somebody's own.
    guard record.isCatchingUp || !key.isShared else { return nil }
    remove(record.derived)
    return record.derived
  }

  /// Takes note of an end; answers who is to be told.
  ///
  /// One that has reached its limit stays for those who come back, the others go.
  mutating func end(
    _ derived: DerivedTopic,
    _ ending: DerivedEnding
  ) -> [@Sendable (DerivedEnding) -> Void] {
    guard let record = records[derived.key], record.derived === derived else { return [] }
    // Those that wait are told that they are not recovered, and go on with another one.
    let waiting = Set(waiting.values.filter { $0.key == derived.key }.map(\.reader))
    switch ending {
    case .finished:
      records[derived.key]?.ending = ending
      records[derived.key]?.isCatchingUp = false
      forgetNewest(derived.key)
      return record.readers.values.map(\.onEnd)
    case .sourceClosed: remove(derived)
    case .overrun, .failed:
      statistics.failed += 1
      remove(derived)
    }
    return record.readers.filter { !waiting.contains($0.key) }.map(\.value.onEnd)
  }

  /// Takes out those that nobody has read for long.
  mutating func expire(now: Timestamp) -> [DerivedTopic] {
    let gone = records.values.filter {
      $0.readers.isEmpty && $0.unreadSince + settings.lingering <= now
    }
    for record in gone { remove(record.derived) }
    statistics.expired += UInt64(gone.count)
    return gone.map(\.derived)
  }

  /// Takes out a subscriber that waits; `nil` if it was settled.
  mutating func takeWaiting(_ id: UInt64) -> Waiting? { waiting.removeValue(forKey: id) }

  /// What all have done.
  var current: DerivedStatistics {
    var statistics = statistics
    statistics.topicCount = records.count
    statistics.readerCount = records.values.reduce(0) { $0 + $1.readers.count }
    statistics.waitingCount = waiting.count
    statistics.replayCount = replayCount
    statistics.stateBytes = stateBytes
    return statistics
  }

  /// How many are catching up.
  var replayCount: Int { records.values.count { $0.isCatchingUp } }

  /// Whether no further one may be rebuilt now, for this client.
  func isBusy(for client: ClientKey?) -> Bool {
    let replays = records.values.filter(\.isCatchingUp)
    if replays.count >= settings.maximumReplays { return true }
    guard let client else { return false }
    let own = replays.count { $0.readers.values.contains { $0.client == client } }
    return own >= settings.maximumReplaysOfClient
  }
}
