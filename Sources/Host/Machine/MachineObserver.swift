// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Publishes what the machine does: samples to the topic `system`, happenings to `activity`.
///
/// A sample comes with each interval; happenings are processes that start and end (by name and
/// number, never with arguments), and load or memory going above their thresholds and back.
public actor MachineObserver {
  /// What is observed how.
  public struct Settings: Sendable {
    /// The time between two readings; one second by default.
    public var interval: Duration = .seconds(1)
    /// The load of one minute, per processor, above which load is high; 1 by default.
    public var loadPerCore = 1.0
    /// The used share of memory above which it is high; 0.9 by default.
    public var memoryFraction = 0.9

    /// Makes settings with the defaults.
    public init() {}
  }

  private let directory: TopicDirectory
  private let settings: Settings
  private let files: any MachineFiles
  /// Paces, and is never set; what is published is stamped by the directory's clock.
  private let pace: any EngineClock
  private let report: @Sendable (String) -> Void

  /// Makes an observer of this machine; nothing happens before ``run()``.
  ///
  /// - Parameters:
  ///   - directory: Where its topics are, and the clock that stamps what it publishes.
  ///   - settings: What is observed how.
  ///   - report: Receives, once, why nothing can be observed.
  public init(
    publishingTo directory: TopicDirectory,
    settings: Settings = Settings(),
    report: @escaping @Sendable (String) -> Void
  ) {
    self.init(
      publishingTo: directory,
      settings: settings,
      files: ProcFiles(),
      pace: SteadyClock(),
      report: report
    )
  }

  init(
    publishingTo directory: TopicDirectory,
    settings: Settings,
    files: any MachineFiles,
    pace: any EngineClock,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.directory = directory
    self.settings = settings
    self.files = files
    self.pace = pace
    self.report = report
  }

  /// Observes until the task is cancelled, a topic is closed, or `/proc` tells nothing.
  ///
  /// - Throws: `TopicDirectory.Refusal` when the configuration does not allow its topics.
  public func run() async throws(TopicDirectory.Refusal) {
    guard var earlier = read() else { return }
    var activity = MachineActivity(settings, startingAt: earlier)
    var due = earlier.instant + settings.interval
    while await sleep(until: due), let later = read() {
      let sample = MachineSample(from: earlier, to: later)
      let event = Event(data: sample.data, type: "system.sample", time: later.time)
      let happenings = activity.update(later)
      guard try await publish([event], to: "system"),
        try await publish(happenings, to: "activity")
      else { return }
      earlier = later
      due = due + settings.interval
      // A slow consumer may have held it back for long: then no interval is made up for.
      if due <= pace.now { due = pace.now + settings.interval }
    }
  }

  private func read() -> MachineReading? {
    let reading = MachineReading(files, at: directory.clock.now, instant: pace.now)
    if reading == nil { report("this machine cannot be observed: /proc tells nothing of it") }
    return reading
  }

  /// Suspends; answers false when the task was cancelled.
  private func sleep(until due: Timestamp) async -> Bool {
    // The only error of a clock is that of a cancelled task.
    do { try await pace.sleep(until: due) } catch { return false }
    return !Task.isCancelled
  }

  /// Publishes all events as one; answers false when there is no use in going on.
  ///
  /// The topic is looked up each time: one that was empty for long may have been replaced.
  private func publish(
    _ events: [Event],
    to name: String
  ) async throws(TopicDirectory.Refusal) -> Bool {
    guard !events.isEmpty else { return true }
    let topic = try directory.topic(name)
    do {
      try await topic.publish(events)
      return true
    } catch {
      switch error {
      case .closed, .withdrawn: return false
      case .tooManyHeld, .keyReused, .invalidKey, .notStored: return true
      case .tooLarge: return try await publishHalves(events, to: name)
      }
    }
  }

  /// Publishes in parts what is more than half of a topic; one event too large is left out.
  private func publishHalves(
    _ events: [Event],
    to name: String
  ) async throws(TopicDirectory.Refusal) -> Bool {
    guard events.count > 1 else { return true }
    let middle = events.count / 2
    let first = Array(events[..<middle])
    guard try await publish(first, to: name) else { return false }
    return try await publish(Array(events[middle...]), to: name)
  }
}
