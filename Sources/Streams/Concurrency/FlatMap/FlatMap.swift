// SPDX-License-Identifier: Apache-2.0

/// The flows that the elements of another lead to, as one; see ``Flow/flatMap(_:_:)``.
public struct FlatMapSource<Outer: Sendable, Element: Sendable>: FlowSource {
  let outer: any FlowSource<Outer>
  let strategy: FlatMapStrategy
  let open: @Sendable (Outer) -> any FlowSource<Element>

  /// The name of the outer flow.
  public var name: String { outer.name }
  /// The input's plan, and the stage.
  public var plan: FlowPlan { outer.plan.followed(by: [StageStatistics("flatMap")]) }
  /// What becomes of windows that wait for it while the outer flow is silent.
  public var silencePolicy: SilencePolicy { outer.silencePolicy }

  /// Starts a reading of the outer flow.
  public func makeReader() -> any FlowReader<Element> { FlatMapReader(self) }
}

extension Flow {
  /// The elements of the flow that each element leads to.
  ///
  /// Entries come in the order of their instants, which are at least that of the element that led to
  /// them; at one instant the outer flow comes first, then the inner ones as they were opened. So the
  /// result is a function of the logs, if the inner flows start where the logs say and not at
  /// `.latest`. At most a batch of each open flow is held. The watermark is the least of the outer
  /// flow's and those of the open inner ones; one that tells none holds it until it ends. What an
  /// inner flow throws is thrown by the flow, and ends all others.
  ///
  /// ```swift
  /// let prices = selected.flatMap(.latest) { symbol in quotes(of: symbol).flow(from: .earliest) }
  /// ```
  ///
  /// - Parameters:
  ///   - strategy: How they become one.
  ///   - open: The flow that an element leads to.
  /// - Returns: The flow.
  public func flatMap<Inner: FlowSource>(
    _ strategy: FlatMapStrategy,
    _ open: @escaping @Sendable (Chain.Output) -> Inner
  ) -> Flow<Identity<Inner.Element>> {
    let source = FlatMapSource<Chain.Output, Inner.Element>(
      outer: self,
      strategy: strategy,
      open: { open($0) }
    )
    return Flow<Identity<Inner.Element>>(source: source, chain: Identity())
  }
}
