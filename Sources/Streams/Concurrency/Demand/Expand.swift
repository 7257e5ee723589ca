// SPDX-License-Identifier: Apache-2.0

/// A source that says more about its newest element as long as it is asked; see
/// ``Flow/expand(_:)``.
public struct ExpandingSource<Input: Sendable, Element: Sendable>: FlowSource {
  /// Makes what gives out one element after the other.
  typealias Expansion = @Sendable (Input) -> () -> Element?

  let input: any FlowSource<Input>
  let stage: String
  let expand: Expansion

  /// The name of the input.
  public var name: String { input.name }
  /// The input's plan, and the stage.
  public var plan: FlowPlan { input.plan.followed(by: [StageStatistics(stage)]) }
  /// What becomes of windows that wait for it while the input is silent.
  public var silencePolicy: SilencePolicy { input.silencePolicy }

  /// Starts a reading of the input.
  public func makeReader() -> any FlowReader<Element> { ExpandingReader(self) }
}

extension Flow {
  /// What each element expands to: the first of it always, the others one by one as long as the
  /// consumer asks and no new element is there.
  ///
  /// So it depends on demand: it is no function of the log, and differs live and replayed. With an
  /// expansion that never ends there is always something to hand out, so the consumer must set the
  /// pace. Instants are the clock's. State: the newest expansion. What it has not given out when the
  /// flow ends is dropped.
  ///
  /// ```swift
  /// let frames = positions.expand { position in sequence(first: position) { $0.extrapolated() } }
  /// ```
  ///
  /// - Parameter expansion: What an element expands to, made out one by one as it is asked for.
  /// - Returns: The flow.
  public func expand<Expansion: Sequence>(
    _ expansion: @escaping @Sendable (Chain.Output) -> Expansion
  ) -> Flow<Identity<Expansion.Element>>
  where
    Expansion.Element: Sendable,
    Expansion: SendableMetatype,
    Expansion.Iterator: SendableMetatype
  {
    let source = ExpandingSource<Chain.Output, Expansion.Element>(input: self, stage: "expand") {
      var iterator = expansion($0).makeIterator()
      return { iterator.next() }
    }
    return Flow<Identity<Expansion.Element>>(source: source, chain: Identity())
  }

  /// Each element, then what is made up in its place as long as the consumer asks and no new element
  /// is there.
  ///
  /// It depends on demand as ``expand(_:)`` does; and no element of the source is left out.
  ///
  /// ```swift
  /// let steady = readings.extrapolate { repeatElement($0, count: 3) }
  /// ```
  ///
  /// - Parameter extrapolation: What follows an element.
  /// - Returns: The flow.
  public func extrapolate<Extrapolation: Sequence<Chain.Output>>(
    _ extrapolation: @escaping @Sendable (Chain.Output) -> Extrapolation
  ) -> Flow<Identity<Chain.Output>>
  where Extrapolation: SendableMetatype, Extrapolation.Iterator: SendableMetatype {
    let source = ExpandingSource<Chain.Output, Chain.Output>(input: self, stage: "extrapolate") {
      var first: Chain.Output? = $0
      var iterator = extrapolation($0).makeIterator()
      return { first.take() ?? iterator.next() }
    }
    return Flow<Identity<Chain.Output>>(source: source, chain: Identity())
  }
}
