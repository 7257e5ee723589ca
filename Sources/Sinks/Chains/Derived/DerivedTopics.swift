// SPDX-License-Identifier: Apache-2.0
public import Streams

/// The derived topics of a server: the results of chains that clients have asked for, each computed
/// once for all who ask for the same.
///
/// Whoever owns it has ``run()`` running and calls ``sweep()`` now and then. All else may be called
/// from any thread and returns at once. How many one client has is for its session to bound.
public final class DerivedTopics: Sendable {
  /// The bounds.
  public let settings: DerivedTopicSettings
  /// Where the time comes from by which unread ones end and waiting ones give up.
  public let clock: any EngineClock
  let table: Guarded<DerivedTable>
  private let (starts, starter):
    (
      AsyncStream<DerivedTopic>, AsyncStream<DerivedTopic>.Continuation
    )

  /// Makes an owner of derived topics that has none.
  public init(
    settings: DerivedTopicSettings = DerivedTopicSettings(),
    clock: any EngineClock = SystemClock()
  ) {
    (self.settings, self.clock) = (settings, clock)
    table = Guarded(DerivedTable(settings: settings))
    // Never longer than there are derived topics, and those are bounded.
    (starts, starter) = AsyncStream.makeStream(of: DerivedTopic.self)
  }

  /// What they have done, and how many there are.
  public var statistics: DerivedStatistics { table.withLock { $0.current } }

  /// Runs the pipelines of all that are made, until ``close()`` or the task is cancelled; called once.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      for await derived in starts {
        group.addTask { await self.run(derived) }
      }
      group.cancelAll()
    }
    close()
  }

  private func run(_ derived: DerivedTopic) async {
    guard let ending = await derived.run() else { return }
    let told = table.withLock { $0.end(derived, ending) }
    // What was written can be read to its end, and recovered from where it was finished.
    if ending != .finished { derived.topic.close() }
    settleWaiting(for: derived, ending)
    for tell in told { tell(ending) }
  }

  /// Those that waited for one that has failed go on without.
  private func settleWaiting(for derived: DerivedTopic, _ ending: DerivedEnding) {
    let waiting = table.withLock { table in
      let ids = table.waiting.filter { $0.value.key == derived.key }.map(\.key)
      return ids.compactMap { table.takeWaiting($0) }
    }
    // One that has come to its end holds all that it ever will.
    for waiting in waiting { waiting.settle(ending == .finished ? nil : .failed) }
  }

  /// Ends derived topics that nobody has read for long, the waiting of subscribers whose time is over,
  /// and the waiting for subscribers that have taken too long.
  ///
  /// Call it each second, or oftener.
  public func sweep() {
    let now = clock.now
    let (expired, late) = table.withLock { table in
      let ids = table.waiting.filter { $0.value.deadline <= now }.map(\.key)
      let late = ids.compactMap { table.takeWaiting($0) }
      return (table.expire(now: now), late)
    }
    for hold in table.withLock({ $0.records.values.compactMap(\.hold) }) where hold.look(now: now) {
      table.withLock { $0.statistics.holdsGivenUp += 1 }
    }
    for derived in expired { derived.stop() }
    for waiting in late { waiting.settle(.tooLate) }
  }

  /// Ends all; later subscribers are refused.
  public func close() {
    let (derived, waiting) = table.withLock { table in
      table.isClosed = true
      let all = table.records.values.map(\.derived)
      for derived in all { table.remove(derived) }
      let waiting = Array(table.waiting.values)
      table.waiting = [:]
      return (all, waiting)
    }
    starter.finish()
    for derived in derived { derived.stop() }
    for waiting in waiting { waiting.settle(.busy) }
  }

  /// Starts the pipeline of one that was put into the table.
  func start(_ derived: DerivedTopic, evicted: [DerivedTopic]) {
    for derived in evicted { derived.stop() }
    starter.yield(derived)
  }
}
