// SPDX-License-Identifier: Apache-2.0

/// A source that is read as fast as it goes, and folded while the reader is busy; see
/// ``Flow/conflate(into:_:)``.
public struct ConflatingSource<Element: Sendable, Summary: Sendable>: FlowSource {
  let input: any FlowSource<Element>
  let make: @Sendable (Element) -> Summary
  let fold: @Sendable (inout Summary, Element) -> Void

  /// The name of the input.
  public var name: String { input.name }
  /// The input's plan, and the stage.
  public var plan: FlowPlan { input.plan.followed(by: [StageStatistics("conflate")]) }
  /// What becomes of windows that wait for it while the input is silent.
  public var silencePolicy: SilencePolicy { input.silencePolicy }

  /// Starts a reading of the input; a task of its own does it.
  public func makeReader() -> any FlowReader<Summary> { ConflatingReader(self) }
}

extension Flow {
  /// One element for all that came while the consumer was busy; the source is never held back.
  ///
  /// A task of its own reads the flow. What it brings goes into one summary, which is handed out when
  /// the consumer next asks, at the clock's instant, and the newest watermark behind it. So the result
  /// depends on demand: it is no function of the log, and differs live and replayed. To fold by time
  /// instead, see `conflate(within:)`. One summary is held; what it grows to is up to `fold`.
  ///
  /// ```swift
  /// let loads = samples.conflate(into: { [$0] }) { $0.append($1) }.map { $0.max() }
  /// ```
  ///
  /// - Parameters:
  ///   - make: Makes a summary of its first element.
  ///   - fold: Takes one more element in.
  /// - Returns: The flow of summaries.
  public func conflate<Summary: Sendable>(
    into make: @escaping @Sendable (Chain.Output) -> Summary,
    _ fold: @escaping @Sendable (inout Summary, Chain.Output) -> Void
  ) -> Flow<Identity<Summary>> {
    Flow<Identity<Summary>>(
      source: ConflatingSource(input: self, make: make, fold: fold),
      chain: Identity()
    )
  }
}
