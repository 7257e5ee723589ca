// SPDX-License-Identifier: Apache-2.0
public import Streams

/// What goes into a flow and what must come out of it, line by line.
///
/// ```swift
/// let evens: Transcript = """
///   input 1 2 3 4    # published together
///   expect 2 4
///   clock +50
///   demand 1         # with a demand anywhere, nothing is taken that was not asked for
///   end
///   expect end
///   """
/// try evens.check { (numbers: Flow<Identity<Int>>) in numbers.filter { $0 % 2 == 0 } }
/// ```
///
/// Before each `expect` and `count` everything has settled: `expect nothing` means that nothing is on
/// its way. All that came since the `expect` before must be named, also the end. The whole is run with
/// several seeds of a ``Simulation``, so that it holds in any order of the work.
public struct Transcript: Sendable, Hashable, ExpressibleByStringLiteral {
  /// The lines.
  public let text: String

  /// Makes a transcript of its lines; they are read when it is checked.
  public init(_ text: String) {
    self.text = text
  }

  /// Makes a transcript of its lines.
  public init(stringLiteral text: String) {
    self.init(text)
  }

  /// Checks a flow, run as a pipeline.
  ///
  /// - Parameters:
  ///   - watermarks: Where the flow's watermark comes from. Default: the `watermark` lines.
  ///   - seeds: The orders of the work that are tried.
  ///   - parse: What a word of `input` stands for; `nil` if for nothing.
  ///   - show: How an output is written behind `expect`. Default: its description.
  ///   - build: The operators that are put on the flow of the `input` lines.
  /// - Throws: ``TranscriptFailure`` with the first line that does not hold.
  public func check<Input: Sendable, Chain: Operator>(
    watermarks: WatermarkStrategy<Input> = .fromSource,
    seeds: Range<Int> = 0..<4,
    parse: @escaping @Sendable (String) -> Input?,
    show: @escaping @Sendable (Chain.Output) -> String = { String(describing: $0) },
    _ build: @escaping @Sendable (Flow<Identity<Input>>) -> Flow<Chain>
  ) throws(TranscriptFailure) {
    try run(seeds: seeds) { lines, simulation in
      let run = TranscriptRun(lines, simulation, parse)
      let flow = build(run.source.flow(watermarks: watermarks))
      let sink = ShownSink<Chain.Output>(sink: run.sink, show: show)
      let pipeline = flow.pipeline("transcript", into: sink)
      try await run.work(statistics: { pipeline.statistics }) { try await pipeline.run() }
    }
  }

  /// Checks a flow of values that are written as they describe themselves, such as `Int`, `String`,
  /// `Character` and ``Timed`` values.
  ///
  /// - Parameters:
  ///   - watermarks: Where the flow's watermark comes from. Default: the `watermark` lines.
  ///   - seeds: The orders of the work that are tried.
  ///   - show: How an output is written behind `expect`. Default: its description.
  ///   - build: The operators that are put on the flow of the `input` lines.
  /// - Throws: ``TranscriptFailure`` with the first line that does not hold.
  public func check<Input: LosslessStringConvertible & Sendable, Chain: Operator>(
    watermarks: WatermarkStrategy<Input> = .fromSource,
    seeds: Range<Int> = 0..<4,
    show: @escaping @Sendable (Chain.Output) -> String = { String(describing: $0) },
    _ build: @escaping @Sendable (Flow<Identity<Input>>) -> Flow<Chain>
  ) throws(TranscriptFailure) {
    try check(
      watermarks: watermarks,
      seeds: seeds,
      parse: { Input($0) },
      show: show,
      build
    )
  }

  /// Reads the lines and runs them with each seed.
  func run(
    seeds: Range<Int>,
    _ body: @escaping @Sendable ([TranscriptLine], Simulation) async throws -> Void
  ) throws(TranscriptFailure) {
    let lines = try TranscriptLine.read(text)
    do {
      try Simulation.run(seeds: seeds, odds: .none) { try await body(lines, $0) }
    } catch {
      throw failure(of: error, lines)
    }
  }

  private func failure(
    of error: SimulationFailure,
    _ lines: [TranscriptLine]
  ) -> TranscriptFailure {
    if case .thrown(let thrown) = error.reason, var failure = thrown as? TranscriptFailure {
      failure.seed = error.seed
      return failure
    }
    let end = (lines.last?.number ?? 0) + 1
    return TranscriptFailure(line: end, text: "", expected: "an end", found: "\(error)")
  }
}
