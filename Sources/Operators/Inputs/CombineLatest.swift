// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits the newest element of both inputs whenever one of them speaks, once both have spoken.
public struct CombineLatest<Left: Sendable, Right: Sendable>: Operator {
  @usableFromInline var left: Left?
  @usableFromInline var right: Right?
  @usableFromInline var waited: UInt64 = 0

  /// Makes the operator.
  @inlinable public init() {}

  /// Takes the element's side; emits both if the other has spoken too.
  @inlinable
  public mutating func receive(
    _ element: Either<Left, Right>,
    at now: Timestamp,
    _ emit: ((Left, Right)) -> Void
  ) {
    switch element {
    case .left(let element): left = element
    case .right(let element): right = element
    }
    if let left, let right { emit((left, right)) } else { waited &+= 1 }
  }

  /// Writes the newest of each side.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("combineLatest") { encoder throws(StateError) in
      try encoder.encode(left)
      try encoder.encode(right)
    }
  }

  /// Reads the newest of each side.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("combineLatest") { decoder, _ throws(StateError) in
      left = try decoder.decode(Left?.self)
      right = try decoder.decode(Right?.self)
    }
  }

  /// The stage `combineLatest`: elements that came while the other side had not spoken and led to no
  /// output, as `waited`.
  public var stages: [StageStatistics] { [StageStatistics("combineLatest", ["waited": waited])] }
}

extension Flow {
  /// The newest elements of this flow and another, whenever one of them speaks.
  ///
  /// Nothing comes out before both have spoken. It ends when both have ended. The order is that in
  /// which the elements were appended.
  ///
  /// ```swift
  /// let fill = stock.combineLatest(capacity).map { stock, capacity in stock * 100 / capacity }
  /// ```
  ///
  /// - Parameter other: The other flow; of two elements of one instant its comes later.
  /// - Returns: The flow of pairs.
  @inlinable
  public func combineLatest<Other: Operator>(
    _ other: Flow<Other>
  ) -> Flow<Inputs<Chain.Output, Other.Output, CombineLatest<Chain.Output, Other.Output>>> {
    either(other).apply(CombineLatest())
  }

  /// The same of three flows.
  ///
  /// ```swift
  /// let state = power.combineLatest(valve, pressure)
  /// ```
  @inlinable
  public func combineLatest<Second: Operator, Third: Operator>(
    _ second: Flow<Second>,
    _ third: Flow<Third>
  ) -> Flow<
    Fused<
      Inputs<
        Joined<Chain.Output, Second.Output>, Third.Output,
        CombineLatest<Joined<Chain.Output, Second.Output>, Third.Output>
      >,
      Map<
        (Joined<Chain.Output, Second.Output>, Third.Output),
        (Chain.Output, Second.Output, Third.Output),
        Never
      >
    >
  > {
    combineLatest(second).map { Joined(left: $0, right: $1) }.combineLatest(third)
      .map { ($0.left, $0.right, $1) }
  }
}
