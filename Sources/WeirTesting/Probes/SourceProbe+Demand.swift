// SPDX-License-Identifier: Apache-2.0
import Streams

// What a test can see of those who read a probe.
extension SourceProbe {
  /// How many elements its readers have asked for and did not get.
  ///
  /// A reader asks for a batch; with what it gets, be it less, that question is settled.
  public var demand: Int { watched.state.demand }

  /// Whether a reader waits to be told that there is something.
  public var isDemanded: Bool { watched.state.isDemanded }

  /// Whether a reader has left before it was told of the end.
  public var isCancelled: Bool { watched.state.isCancelled }

  /// Whether there were readers and all have left.
  public var isReleased: Bool { watched.state.isReleased }

  /// How many readers were opened.
  public var readerCount: Int { watched.state.readers.count }

  /// What its readers have asked for and got.
  public var statistics: SourceProbeStatistics { watched.state.statistics }

  /// Suspends until a reader waits for something.
  ///
  /// - Returns: How many elements are asked for and not delivered.
  /// - Throws: `CancellationError`.
  @discardableResult
  public nonisolated(nonsending) func demanded() async throws -> Int {
    try await watched.wait(until: \.isDemanded)
    return demand
  }

  /// Suspends until a reader has left before it was told of the end.
  ///
  /// - Throws: `CancellationError`.
  public nonisolated(nonsending) func cancelled() async throws {
    try await watched.wait(until: \.isCancelled)
  }
}

/// Reads a probe's log and tells the probe of it.
final class SourceProbeReader<Element: Sendable>: FlowReader {
  private let cursor: Cursor<Element>
  private let probe: SourceProbe<Element>
  private let number: Int

  init(_ cursor: Cursor<Element>, of probe: SourceProbe<Element>, _ number: Int) {
    self.cursor = cursor
    self.probe = probe
    self.number = number
  }

  deinit {
    probe.watched.change { [number] in $0.readers[number].isGone = true }
  }

  var clock: any EngineClock { probe.clock }
  var wakeTime: Timestamp { cursor.wakeTime }
  var promisesSilence: Bool { cursor.promisesSilence }
  var isWorking: Bool { cursor.isWorking }
  var endInstant: Timestamp? { cursor.endInstant }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    change { [number] state in
      state.statistics.polls += 1
      if state.readers[number].hasEnded { state.statistics.pollsAfterEnd += 1 }
      state.readers[number].demand = limit
      state.readers[number].isWaiting = false
    }
    let poll = try cursor.poll(limit: limit, until: deadline)
    switch poll {
    case .batch(let batch): deliver(batch.count, limit)
    case .end:
      change { [number] state in
        state.readers[number].demand = 0
        state.readers[number].hasEnded = true
      }
      if let failure = probe.watched.state.failure { throw failure }
    case .empty, .wait: break
    }
    return poll
  }

  private func deliver(_ count: Int, _ limit: Int) {
    guard count > 0 else { return }
    change { [number] state in
      state.readers[number].demand = 0
      state.statistics.delivered += count
      if count > limit { state.statistics.overruns += 1 }
    }
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    guard let request = cursor.notify(wake) else { return nil }
    change { [number] in $0.readers[number].isWaiting = true }
    return request
  }

  func pause() {
    cursor.pause()
  }

  private func change(_ body: (inout SourceProbeState) -> Void) {
    probe.watched.change(body)
  }
}
