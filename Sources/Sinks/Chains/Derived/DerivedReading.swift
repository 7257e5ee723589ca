// SPDX-License-Identifier: Apache-2.0
import Streams

/// The source of a derived topic: a topic from an offset on, with an eye on how far it has been read.
struct DerivedSource: FlowSource {
  let topic: Topic<Event>
  let start: Offset
  let overrun: OverrunPolicy<Event>
  let progress: DerivedProgress

  var name: String { topic.name }
  var plan: FlowPlan { FlowPlan("topic", name: topic.name) }

  func makeReader() -> any FlowReader<Event> {
    let cursor = Cursor(topic, from: .after(topic.epoch, start), overrun: overrun)
    progress.begin(behind: start, isThere: cursor.opening.isRecovered)
    return DerivedReader(cursor, progress)
  }
}

/// A cursor that tells how far its pipeline has come: it asks for more when it has written what came of
/// all that it was given.
private final class DerivedReader: FlowReader {
  private let cursor: Cursor<Event>
  private let progress: DerivedProgress

  init(_ cursor: Cursor<Event>, _ progress: DerivedProgress) {
    (self.cursor, self.progress) = (cursor, progress)
  }

  var clock: any EngineClock { cursor.clock }
  var wakeTime: Timestamp { cursor.wakeTime }
  var promisesSilence: Bool { cursor.promisesSilence }
  var endInstant: Timestamp? { cursor.endInstant }
  var plan: FlowPlan? { cursor.plan }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Event> {
    let consumed = cursor.position.next - 1
    let poll = try cursor.poll(limit: limit, until: deadline)
    switch poll {
    case .batch, .wait: progress.note(consumed, isIdle: false)
    // Nor is there anything that the clock would have it do by now.
    case .empty, .end: progress.note(consumed, isIdle: true)
    }
    return poll
  }

  func take(limit: Int) -> Batch<Event>? {
    progress.note(cursor.position.next - 1, isIdle: false)
    return cursor.take(limit: limit)
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { cursor.notify(wake) }

  func pause() { cursor.pause() }
}

/// How far a derived topic has come in its source, and who waits for that.
final class DerivedProgress: Sendable {
  private struct State {
    var isThere = false
    /// Everything that comes of the entries up to this one was written.
    var consumed: Offset = 0
    /// Besides, everything that comes of the time that has passed since.
    var isIdle = false
    var waiting: [UInt64: (target: Offset, call: @Sendable () -> Void)] = [:]

    func isThrough(_ target: Offset) -> Bool {
      consumed > target || (consumed == target && isIdle)
    }
  }

  private let state = Guarded(State())

  /// Whether the source still had the place from which it is read.
  var isThere: Bool { state.withLock { $0.isThere } }

  func begin(behind start: Offset, isThere: Bool) {
    state.withLock { state in
      state.isThere = isThere
      state.consumed = start
    }
  }

  func note(_ consumed: Offset, isIdle: Bool) {
    let due: [@Sendable () -> Void] = state.withLock { state in
      (state.consumed, state.isIdle) = (consumed, isIdle)
      if state.waiting.isEmpty { return [] }
      let reached = state
      let isThrough = { reached.isThrough($0) }
      let due = state.waiting.filter { isThrough($0.value.target) }
      for id in due.keys { state.waiting[id] = nil }
      return due.values.map(\.call)
    }
    for call in due { call() }
  }

  /// Calls back once all is written that comes of the entries up to `target`, perhaps at once.
  ///
  /// - Parameters:
  ///   - target: The offset in the source.
  ///   - id: What the request is taken back by.
  ///   - call: Called once, from any thread.
  func whenThrough(_ target: Offset, _ id: UInt64, _ call: @escaping @Sendable () -> Void) {
    let isThrough = state.withLock { state in
      if state.isThrough(target) { return true }
      state.waiting[id] = (target, call)
      return false
    }
    if isThrough { call() }
  }

  /// Takes a request back.
  func forget(_ id: UInt64) { state.withLock { $0.waiting[id] = nil } }
}

/// Where the results of a chain go: a topic without marks, which no reader of results asks for.
struct DerivedSink: FlowSink {
  let topic: Topic<Event>

  var name: String { topic.name }

  nonisolated(nonsending) func write(_ elements: [Event]) async throws {
    try await topic.write(elements)
  }

  nonisolated(nonsending) func write(_ mark: Mark) async throws {}
}
