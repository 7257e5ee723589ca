// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Streams

/// A topic that is filled with the next readings whenever its reader has none left: as many as one
/// likes, in the memory of a few.
struct GeneratedReadings: FlowSource {
  let name = "generated"
  let count: Int
  /// Sensors among the readings.
  let keys: Int
  /// Told how many readings there were so far, at each of some equal parts.
  let progress: @Sendable (Int) -> Void

  func makeReader() -> any FlowReader<Reading> { GeneratedReadingsReader(self) }
}

private final class GeneratedReadingsReader: FlowReader {
  private let source: GeneratedReadings
  private let steps = SteppedClock()
  private let topic: Topic<Reading>
  private let cursor: Cursor<Reading>
  private var made = 0

  init(_ source: GeneratedReadings) {
    self.source = source
    topic = Topic("generated", retention: Retention(maximumCount: 1_024), clock: steps)
    cursor = Cursor(topic)
  }

  var clock: any EngineClock { steps }

  func take(limit: Int) -> Batch<Reading>? { cursor.take(limit: limit) }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Reading> {
    let answer = try cursor.poll(limit: limit, until: deadline)
    guard case .empty = answer else { return answer }
    fill()
    return try cursor.poll(limit: limit, until: deadline)
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { cursor.notify(wake) }

  /// Publishes the next four milliseconds; there is room, for the last four were read.
  private func fill() {
    for _ in 0..<4 where made < source.count {
      let end = min(made + Reading.perMillisecond, source.count)
      steps.now = Timestamp(milliseconds: Int64(made / Reading.perMillisecond))
      let part = (made..<end).map { Reading(number: $0, keys: source.keys) }
      guard case .stored = topic.offer(part, completion: { _ in }) else {
        preconditionFailure("what was read has left room")
      }
      source.progress(made)
      made = end
    }
    if made == source.count { topic.close() }
  }
}
