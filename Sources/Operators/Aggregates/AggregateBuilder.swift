// SPDX-License-Identifier: Apache-2.0

/// Builds one aggregate from up to eight written in a block; their results stand in a tuple, in order.
///
/// ```swift
/// .aggregate {
///   Count()
///   Quantiles(of: \.latency, at: [0.5, 0.99])
///   TopK(10, of: \.path)
/// }
/// ```
@resultBuilder
public enum AggregateBuilder<Input: Sendable> {
  /// Ties each aggregate to the element of the flow.
  @inlinable
  public static func buildExpression<A: Aggregate>(_ aggregate: A) -> A where A.Input == Input {
    aggregate
  }

  /// One aggregate, as it is.
  @inlinable
  public static func buildBlock<A: Aggregate>(_ a: A) -> A where A.Input == Input {
    a
  }

  /// Two aggregates.
  @inlinable
  public static func buildBlock<A: Aggregate, B: Aggregate>(
    _ a: A,
    _ b: B
  ) -> Both<A, B> where A.Input == Input, B.Input == Input {
    Both(a, b)
  }

  /// Three aggregates.
  @inlinable
  public static func buildBlock<A: Aggregate, B: Aggregate, C: Aggregate>(
    _ a: A,
    _ b: B,
    _ c: C
  ) -> Three<A, B, C> where A.Input == Input, B.Input == Input, C.Input == Input {
    Three(a, b, c)
  }

  /// Four aggregates.
  @inlinable
  public static func buildBlock<A: Aggregate, B: Aggregate, C: Aggregate, D: Aggregate>(
    _ a: A,
    _ b: B,
    _ c: C,
    _ d: D
  ) -> Four<A, B, C, D>
  where A.Input == Input, B.Input == Input, C.Input == Input, D.Input == Input {
    Four(a, b, c, d)
  }

  /// Five aggregates.
  @inlinable
  public static func buildBlock<
    A: Aggregate,
    B: Aggregate,
    C: Aggregate,
    D: Aggregate,
    E: Aggregate
  >(
    _ a: A,
    _ b: B,
    _ c: C,
    _ d: D,
    _ e: E
  ) -> Five<A, B, C, D, E>
  where A.Input == Input, B.Input == Input, C.Input == Input, D.Input == Input, E.Input == Input {
    Five(a, b, c, d, e)
  }

  /// Six aggregates.
  @inlinable
  public static func buildBlock<
    A: Aggregate,
    B: Aggregate,
    C: Aggregate,
    D: Aggregate,
    E: Aggregate,
    F: Aggregate
  >(
    _ a: A,
    _ b: B,
    _ c: C,
    _ d: D,
    _ e: E,
    _ f: F
  ) -> Six<A, B, C, D, E, F>
  where
    A.Input == Input,
    B.Input == Input,
    C.Input == Input,
    D.Input == Input,
    E.Input == Input,
    F.Input == Input
  {
    Six(a, b, c, d, e, f)
  }

  /// Seven aggregates.
  @inlinable
  public static func buildBlock<
    A: Aggregate,
    B: Aggregate,
    C: Aggregate,
    D: Aggregate,
    E: Aggregate,
    F: Aggregate,
    G: Aggregate
  >(
    _ a: A,
    _ b: B,
    _ c: C,
    _ d: D,
    _ e: E,
    _ f: F,
    _ g: G
  ) -> Seven<A, B, C, D, E, F, G>
  where
    A.Input == Input,
    B.Input == Input,
    C.Input == Input,
    D.Input == Input,
    E.Input == Input,
    F.Input == Input,
    G.Input == Input
  {
    Seven(a, b, c, d, e, f, g)
  }

  /// Eight aggregates.
  @inlinable
  public static func buildBlock<
    A: Aggregate,
    B: Aggregate,
    C: Aggregate,
    D: Aggregate,
    E: Aggregate,
    F: Aggregate,
    G: Aggregate,
    H: Aggregate
  >(
    _ a: A,
    _ b: B,
    _ c: C,
    _ d: D,
    _ e: E,
    _ f: F,
    _ g: G,
    _ h: H
  ) -> Eight<A, B, C, D, E, F, G, H>
  where
    A.Input == Input,
    B.Input == Input,
    C.Input == Input,
    D.Input == Input,
    E.Input == Input,
    F.Input == Input,
    G.Input == Input,
    H.Input == Input
  {
    Eight(a, b, c, d, e, f, g, h)
  }
}
