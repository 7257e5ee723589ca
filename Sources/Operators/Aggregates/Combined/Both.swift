// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Two aggregates over the same elements.
public struct Both<A: Aggregate, B: Aggregate>: Aggregate
where A.Input == B.Input {
  @usableFromInline var first: A
  @usableFromInline var rest: B

  @inlinable
  init(_ a: A, _ b: B) {
    first = a
    rest = b
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
  @inlinable public var result: (A.Result, B.Result) {
    (first.result, rest.result)
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
