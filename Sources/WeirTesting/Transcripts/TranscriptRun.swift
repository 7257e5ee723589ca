// SPDX-License-Identifier: Apache-2.0
import Streams

/// Does what the lines of a transcript say, one after the other.
final class TranscriptRun<Input: Sendable>: Sendable {
  private typealias Ending = TranscriptAction.Ending

  let source: SourceProbe<Input>
  let sink: ProbeSink<String>
  private let lines: [TranscriptLine]
  private let simulation: Simulation
  private let parse: @Sendable (String) -> Input?
  /// How what is checked has ended, as far as no line has said so.
  private let ending = Guarded(Ending.none)

  init(
    _ lines: [TranscriptLine],
    _ simulation: Simulation,
    _ parse: @escaping @Sendable (String) -> Input?
  ) {
    self.lines = lines
    self.simulation = simulation
    self.parse = parse
    source = SourceProbe("input", clock: simulation.clock)
    let isDemanding = lines.contains { if case .demand = $0.action { true } else { false } }
    sink = ProbeSink("output", demand: isDemanding ? 0 : .max)
  }

  /// Runs `consume` while it works through the lines.
  func work(
    statistics: (@Sendable () -> PipelineStatistics)?,
    _ consume: @escaping @Sendable () async throws -> Void
  ) async throws {
    let task = simulation.task("consumer") {
      do {
        try await consume()
        self.ending.withLock { $0 = .end }
      } catch is CancellationError {
        // Who cancels expects nothing.
      } catch {
        self.ending.withLock { $0 = .error("\(error)") }
      }
    }
    await simulation.settle()
    for line in lines { try await take(line, task, statistics) }
    let last = TranscriptLine(
      number: (lines.last?.number ?? 0) + 1,
      text: "",
      action: .expect([], .none)
    )
    try await take(last, task, statistics)
  }

  private func take(
    _ line: TranscriptLine,
    _ task: Task<Void, any Error>,
    _ statistics: (@Sendable () -> PipelineStatistics)?
  ) async throws {
    switch line.action {
    case .input(let words): try emit(words, line)
    case .watermark(let instant): source.watermark(instant)
    case .endOfInput: source.mark(.endOfInput)
    case .clockTo(let instant): try moveClock(to: instant, line)
    case .clockBy(let duration): try moveClock(to: simulation.clock.now + duration, line)
    case .demand(let count): sink.request(count)
    case .end: source.end()
    case .fail(let text): source.fail(ScriptedFailure(text: text))
    case .cancel: task.cancel()
    case .expect(let words, let ending): try expect(words, ending, line)
    case .expectWatermark(let instant): try expectWatermark(instant, line)
    case .count(let stage, let counter, let number):
      let found = try value(of: counter, in: stage, statistics?(), line)
      if found != number { throw fault(line, "\(number)", "\(found)") }
    }
    await simulation.settle()
  }

  private func emit(_ words: [String], _ line: TranscriptLine) throws(TranscriptFailure) {
    guard !source.isClosed else { throw fault(line, "a source that is open", "its end") }
    var elements: [Input] = []
    for word in words {
      guard let element = parse(word) else { throw fault(line, "\(Input.self)", "`\(word)`") }
      elements.append(element)
    }
    source.emit(elements)
  }

  private func moveClock(
    to instant: Timestamp,
    _ line: TranscriptLine
  ) throws(TranscriptFailure) {
    let now = simulation.clock.now
    guard instant >= now else {
      throw fault(line, "an instant from \(now.milliseconds) on", "\(instant.milliseconds)")
    }
    simulation.clock.advance(to: instant)
  }

  private func expect(
    _ words: [String],
    _ expected: Ending,
    _ line: TranscriptLine
  ) throws(TranscriptFailure) {
    let found = sink.takeUnexpected()
    let ending = ending.withLock { ending in
      defer { ending = .none }
      return ending
    }
    guard found == words, ending.fits(expected) else {
      throw fault(line, text(words, expected), text(found, ending))
    }
  }

  private func expectWatermark(
    _ instant: Timestamp,
    _ line: TranscriptLine
  ) throws(TranscriptFailure) {
    let found = sink.marks.reversed().lazy.compactMap { mark -> Timestamp? in
      if case .watermark(let instant) = mark { instant } else { nil }
    }.first
    guard found != instant else { return }
    throw fault(line, "\(instant.milliseconds)", found.map { "\($0.milliseconds)" } ?? "none")
  }

  private func text(_ words: [String], _ ending: Ending) -> String {
    let all = words + ending.words
    return all.isEmpty ? "nothing" : all.joined(separator: " ")
  }

  private func value(
    of counter: String,
    in stage: String,
    _ statistics: PipelineStatistics?,
    _ line: TranscriptLine
  ) throws(TranscriptFailure) -> UInt64 {
    guard let statistics else { throw fault(line, "a flow, which counts", "another sequence") }
    let stages = [statistics.source.stage] + statistics.stages
    let named = stages.filter { $0.name == stage }
    let counters = named.flatMap(\.counters).filter { $0.name == counter }
    guard !counters.isEmpty else {
      let known = stages.flatMap { stage in stage.counters.map { "\(stage.name).\($0.name)" } }
      throw fault(line, "one of \(known.joined(separator: ", "))", "\(stage).\(counter)")
    }
    return counters.reduce(0) { $0 + $1.value }
  }

  private func fault(
    _ line: TranscriptLine,
    _ expected: String,
    _ found: String
  ) -> TranscriptFailure {
    TranscriptFailure(line: line.number, text: line.text, expected: expected, found: found)
  }
}
