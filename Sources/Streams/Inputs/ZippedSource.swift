// SPDX-License-Identifier: Apache-2.0

/// Two inputs as one source: the first entry of one with the first of the other, and so on.
///
/// A pair happens at the later of the two instants. At most one batch of each side is held: the side
/// that is ahead is read no further, so its publishers are held back where its overrun policy says
/// so. A gap in one side shifts all later pairs. The watermark is the lesser of the two; neither side
/// falls idle.
public struct ZippedSource<Left: Sendable, Right: Sendable, Element: Sendable>: FlowSource {
  /// The first input.
  public let left: any FlowSource<Left>
  /// The second input.
  public let right: any FlowSource<Right>
  /// Makes an element of a pair.
  public let combine: @Sendable (Left, Right) -> Element

  /// Makes a source of two.
  public init(
    _ left: any FlowSource<Left>,
    _ right: any FlowSource<Right>,
    combine: @escaping @Sendable (Left, Right) -> Element
  ) {
    self.left = left
    self.right = right
    self.combine = combine
  }

  /// The names of the inputs.
  public var name: String { "\(left.name) & \(right.name)" }

  /// Pairs of its inputs.
  public var plan: FlowPlan { FlowPlan("zip", inputs: [left.plan, right.plan]) }

  /// Opens a reader of both inputs.
  public func makeReader() -> any FlowReader<Element> { ZipReader(self) }
}

extension Flow {
  /// The first element of this flow with the first of another, the second with the second, and so
  /// on.
  ///
  /// It ends when one of the two has ended and nothing of it is left. At most one batch of each is
  /// held: the flow that is ahead is not read until the other has caught up. Where a lossy flow
  /// misses elements, all later pairs shift.
  ///
  /// ```swift
  /// for try await (question, answer) in questions.zip(answers) { print(question, answer) }
  /// ```
  ///
  /// - Parameter other: The other flow.
  /// - Returns: The flow of pairs.
  public func zip<Other: Sendable>(
    _ other: any FlowSource<Other>
  ) -> Flow<Identity<(Chain.Output, Other)>> {
    Flow<Identity<(Chain.Output, Other)>>(
      source: ZippedSource(self, other) { ($0, $1) },
      chain: Identity()
    )
  }

  /// The same of three flows.
  ///
  /// ```swift
  /// let rows = names.zip(places, years)
  /// ```
  public func zip<Second: Sendable, Third: Sendable>(
    _ second: any FlowSource<Second>,
    _ third: any FlowSource<Third>
  ) -> Flow<Identity<(Chain.Output, Second, Third)>> {
    let pairs = ZippedSource(self, second) { ZippedPair(first: $0, second: $1) }
    return Flow<Identity<(Chain.Output, Second, Third)>>(
      source: ZippedSource(pairs, third) { ($0.first, $0.second, $1) },
      chain: Identity()
    )
  }
}

/// Two elements that wait for a third.
private struct ZippedPair<First: Sendable, Second: Sendable>: Sendable, StateCodable {
  let first: First
  let second: Second

  init(first: First, second: Second) {
    (self.first, self.second) = (first, second)
  }

  static var storedForm: StateForm {
    min(StateForm(of: First.self), StateForm(of: Second.self))
  }

  func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.encode(first)
    try encoder.encode(second)
  }

  init(from decoder: inout StateDecoder) throws(StateError) {
    first = try decoder.decode(First.self)
    second = try decoder.decode(Second.self)
  }
}
