// SPDX-License-Identifier: Apache-2.0
import Streams

extension Transcript {
  /// Checks any sequence, so that it can be compared with a flow.
  ///
  /// It is asked for an element only while there is demand. What it does in tasks that don't belong
  /// to the simulation, such as a `Task { }` of its own, is not waited for.
  ///
  /// ```swift
  /// try transcript.check(sequence: { (source: SourceProbe<Int>) in source.flow().map { $0 * 2 } })
  /// ```
  ///
  /// - Parameters:
  ///   - seeds: The orders of the work that are tried.
  ///   - parse: What a word of `input` stands for; `nil` if for nothing.
  ///   - show: How an element is written behind `expect`. Default: its description.
  ///   - build: Makes the sequence, of a source that gives what the `input` lines say.
  /// - Throws: ``TranscriptFailure`` with the first line that does not hold.
  public func check<Input: Sendable, Base: AsyncSequence & SendableMetatype>(
    seeds: Range<Int> = 0..<4,
    parse: @escaping @Sendable (String) -> Input?,
    show: @escaping @Sendable (Base.Element) -> String = { String(describing: $0) },
    sequence build: @escaping @Sendable (SourceProbe<Input>) -> Base
  ) throws(TranscriptFailure) where Base.AsyncIterator: SendableMetatype {
    try run(seeds: seeds) { lines, simulation in
      let run = TranscriptRun(lines, simulation, parse)
      let (source, sink) = (run.source, run.sink)
      try await run.work(statistics: nil) {
        var iterator = build(source).makeAsyncIterator()
        while true {
          try await sink.demanded()
          guard let element = try await iterator.next() else { return }
          try await sink.write([show(element)])
        }
      }
    }
  }

  /// Checks any sequence over values that are written as they describe themselves.
  ///
  /// - Parameters:
  ///   - seeds: The orders of the work that are tried.
  ///   - show: How an element is written behind `expect`. Default: its description.
  ///   - build: Makes the sequence, of a source that gives what the `input` lines say.
  /// - Throws: ``TranscriptFailure`` with the first line that does not hold.
  public func check<
    Input: LosslessStringConvertible & Sendable,
    Base: AsyncSequence & SendableMetatype
  >(
    seeds: Range<Int> = 0..<4,
    show: @escaping @Sendable (Base.Element) -> String = { String(describing: $0) },
    sequence build: @escaping @Sendable (SourceProbe<Input>) -> Base
  ) throws(TranscriptFailure) where Base.AsyncIterator: SendableMetatype {
    try check(seeds: seeds, parse: { Input($0) }, show: show, sequence: build)
  }
}
