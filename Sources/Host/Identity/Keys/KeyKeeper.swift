// SPDX-License-Identifier: Apache-2.0
import Codecs
public import Streams

/// Keeps the keys of a server as their sources have them, while it runs.
///
/// Files are looked at every few seconds and read when they changed; URLs are asked every ten
/// minutes, and when a token names a key that is not there. What can't be read leaves the old keys
/// where they are.
public actor KeyKeeper {
  /// What is known of one source.
  private struct Keeping {
    let source: KeySource
    var mark: KeyFile.Mark?
    var schedule: FetchSchedule
    var skippedCount = 0
    var failure: String?
    var waiting: [CheckedContinuation<Void, Never>] = []
    var isFetching = false
  }

  /// What a keeper has and did.
  public struct Statistics: Equatable, Sendable {
    /// Keys that count now.
    public var keyCount = 0
    /// Keys that were passed over where the present ones came from.
    public var skippedCount = 0
    /// Sources whose last reading failed.
    public var failingCount = 0
    /// Sources that were read, or answered, since the start.
    public var loadedCount: UInt64 = 0
    /// Sources that could not be read, or did not answer, since the start.
    public var failedCount: UInt64 = 0
  }

  /// The keys.
  public nonisolated let ring: KeyRing

  private let environment: [String: String]
  private let fetcher: (any KeyFetcher)?
  private let clock: any EngineClock
  private let report: @Sendable (String) -> Void
  private var keepings: [Keeping]
  private var counters = Statistics()
  private var lastLook: Timestamp?

  /// How often files are looked at.
  private static let lookPeriod = Duration.seconds(1)

  /// Reads all sources but URLs, so that what is written wrongly shows at once.
  ///
  /// - Parameters:
  ///   - sources: Where keys come from.
  ///   - environment: The environment's variables, by name.
  ///   - fetcher: Asks servers; not needed without URLs.
  ///   - clock: A clock that goes on evenly.
  ///   - report: Takes a line for the log when a source fails, or works again.
  /// - Throws: ``KeySourceFailure`` of the first source that gives no keys.
  public init(
    _ sources: [KeySource],
    environment: [String: String] = [:],
    fetcher: (any KeyFetcher)? = nil,
    clock: any EngineClock,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(KeySourceFailure) {
    try self.init(
      sources,
      periods: FetchSchedule.Periods(),
      environment: environment,
      fetcher: fetcher,
      clock: clock,
      report: report
    )
  }

  init(
    _ sources: [KeySource],
    periods: FetchSchedule.Periods,
    environment: [String: String] = [:],
    fetcher: (any KeyFetcher)? = nil,
    clock: any EngineClock,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(KeySourceFailure) {
    let ring = KeyRing()
    var keepings: [Keeping] = []
    for (index, source) in sources.enumerated() {
      var keeping = Keeping(source: source, schedule: FetchSchedule(periods))
      if let url = source.url {
        try Self.check(url, source, hasFetcher: fetcher != nil)
      } else {
        keeping.mark = source.path.flatMap { KeyFile.Mark(path: $0) }
        let loaded = try KeyReading.load(source, environment: environment)
        keeping.skippedCount = loaded.skippedCount
        ring.replace(index, with: loaded.entries)
      }
      keepings.append(keeping)
    }
    (self.ring, self.keepings, self.environment) = (ring, keepings, environment)
    (self.fetcher, self.clock, self.report) = (fetcher, clock, report)
  }

  private static func check(
    _ url: String,
    _ source: KeySource,
    hasFetcher: Bool
  ) throws(KeySourceFailure) {
    precondition(hasFetcher, "who has a URL gives a fetcher")
    guard HTTPKeyFetcher.allows(url) else {
      throw KeySourceFailure(
        source,
        "keys from there could be anybody's",
        remedy: "give an https:// URL, or an http:// URL of this machine"
      )
    }
  }

  /// What the keeper has and did.
  public var statistics: Statistics {
    var statistics = counters
    statistics.keyCount = ring.keys.entries.count
    statistics.skippedCount = keepings.reduce(0) { $0 + $1.skippedCount }
    statistics.failingCount = keepings.count { $0.failure != nil }
    return statistics
  }

  /// How many wait for an answer that is on its way.
  var waitingCount: Int { keepings.reduce(0) { $0 + $1.waiting.count } }

  /// Keeps the keys until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        let now = clock.now
        lookAtFiles(at: now)
        for index in keepings.indices where isDue(index, at: now) {
          // Beside the loop, for a server that does not answer is nothing that files should wait
          // for.
          keepings[index].isFetching = true
          group.addTask { await self.fetch(index) }
        }
        for index in keepings.indices { dropStale(index) }
        // Nothing is left behind where the task is cancelled.
        try? await clock.sleep(until: now + Self.lookPeriod)
      }
    }
  }

  private func isDue(_ index: Int, at now: Timestamp) -> Bool {
    let keeping = keepings[index]
    return keeping.source.url != nil && !keeping.isFetching && keeping.schedule.due <= now
  }

  /// Looks for newer keys because a token names one that is not there.
  ///
  /// Suspends at most until a server has answered or its deadline has passed. Each server is asked
  /// at most once in ten seconds, however many tokens name unknown keys.
  /// - Returns: Whether the keys have changed since then.
  public func refresh() async -> Bool {
    let before = ring.current.generation
    let now = clock.now
    if lastLook.map({ $0 + Self.lookPeriod <= now }) ?? true { lookAtFiles(at: now) }
    for index in keepings.indices where keepings[index].source.url != nil {
      if keepings[index].isFetching {
        await withCheckedContinuation { keepings[index].waiting.append($0) }
      } else if keepings[index].schedule.allowsFetch(at: now) {
        keepings[index].isFetching = true
        await fetch(index)
      }
    }
    return ring.current.generation != before
  }

  private func lookAtFiles(at now: Timestamp) {
    lastLook = now
    for index in keepings.indices {
      guard let path = keepings[index].source.path else { continue }
      let mark = KeyFile.Mark(path: path)
      guard mark != keepings[index].mark else { continue }
      // The mark is older than what is read: a change in between shows the next time.
      keepings[index].mark = mark
      do throws(KeySourceFailure) {
        let source = keepings[index].source
        take(try KeyReading.load(source, environment: environment), from: index)
      } catch {
        note(error, of: index)
      }
    }
  }

  /// Asks the server of a source that was marked as being asked.
  private func fetch(_ index: Int) async {
    guard let url = keepings[index].source.url, let fetcher else { return }
    let answer = await fetcher.fetch(url)
    keepings[index].isFetching = false
    do throws(KeySourceFailure) {
      take(try read(answer, of: keepings[index].source), from: index)
      keepings[index].schedule.succeeded(at: clock.now)
    } catch {
      keepings[index].schedule.failed(at: clock.now)
      note(error, of: index)
    }
    let waiting = keepings[index].waiting
    keepings[index].waiting = []
    for continuation in waiting { continuation.resume() }
  }

  private func read(
    _ answer: Result<[UInt8], KeyFetchFailure>,
    of source: KeySource
  ) throws(KeySourceFailure) -> LoadedKeys {
    switch answer {
    case .success(let text): return try KeyReading.keySet(text, of: source)
    case .failure(let failure):
      throw KeySourceFailure(source, failure.description, remedy: "it is asked again by itself")
    }
  }

  private func take(_ loaded: LoadedKeys, from index: Int) {
    ring.replace(index, with: loaded.entries)
    keepings[index].skippedCount = loaded.skippedCount
    counters.loadedCount += 1
    if keepings[index].failure != nil {
      keepings[index].failure = nil
      report("\(keepings[index].source.name): keys are there again")
    }
  }

  /// Tells of a failure once, not with every try.
  private func note(_ failure: KeySourceFailure, of index: Int) {
    counters.failedCount += 1
    guard keepings[index].failure != failure.detail else { return }
    keepings[index].failure = failure.detail
    report("\(failure); the keys it gave before still count")
  }

  private func dropStale(_ index: Int) {
    guard keepings[index].schedule.isStale(at: clock.now) else { return }
    keepings[index].schedule = FetchSchedule(keepings[index].schedule.periods)
    ring.replace(index, with: [])
    report("\(keepings[index].source.name): its keys were not seen for too long and are dropped")
  }
}
