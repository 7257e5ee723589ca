// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Seven aggregates over the same elements.
public struct Seven<
  A: Aggregate,
  B: Aggregate,
  C: Aggregate,
  D: Aggregate,
  E: Aggregate,
  F: Aggregate,
  G: Aggregate
>: Aggregate
where
  A.Input == B.Input,
  A.Input == C.Input,
  A.Input == D.Input,
  A.Input == E.Input,
  A.Input == F.Input,
  A.Input == G.Input
{
  @usableFromInline var first: Four<A, B, C, D>
  @usableFromInline var rest: Three<E, F, G>

  @inlinable
  init(_ a: A, _ b: B, _ c: C, _ d: D, _ e: E, _ f: F, _ g: G) {
    first = Four(a, b, c, d)
    rest = Three(e, f, g)
  }

  /// Offers the element to each.
  @inlinable
  public mutating func add(_ element: A.Input) {
    first.add(element)
    rest.add(element)
  }

  /// Merges each with its counterpart.
  @inlinable
  public mutating func merge(_ other: Self) {
    first.merge(other.first)
    rest.merge(other.rest)
  }

  /// The results, in the order in which the aggregates were written.
  @inlinable public var result:
    (A.Result, B.Result, C.Result, D.Result, E.Result, F.Result, G.Result)
  {
    (
      first.first.first.result, first.first.rest.result, first.rest.first.result,
      first.rest.rest.result, rest.first.first.result, rest.first.rest.result, rest.rest.result
    )
  }

  /// Writes each, in the order in which they were written.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try first.encode(into: &encoder)
    try rest.encode(into: &encoder)
  }

  /// Reads each.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try first.restore(from: &decoder)
    try rest.restore(from: &decoder)
  }
}
