// SPDX-License-Identifier: Apache-2.0

/// Builds one aggregate from those written in a block; their results stand in a tuple, in order.
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
  public static func buildBlock<A: Aggregate, B: Aggregate>(_ a: A, _ b: B) -> Both<A, B>
  where A.Input == Input, B.Input == Input {
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
}

/// Two aggregates over the same elements.
public struct Both<A: Aggregate, B: Aggregate>: Aggregate where A.Input == B.Input {
  @usableFromInline var a: A
  @usableFromInline var b: B

  @inlinable
  init(_ a: A, _ b: B) {
    self.a = a
    self.b = b
  }

  /// Offers the element to each.
  @inlinable
  public mutating func add(_ element: A.Input) {
    a.add(element)
    b.add(element)
  }

  /// Merges each with its counterpart.
  @inlinable
  public mutating func merge(_ other: Self) {
    a.merge(other.a)
    b.merge(other.b)
  }

  /// The results, in the order in which the aggregates were written.
  @inlinable public var result: (A.Result, B.Result) { (a.result, b.result) }
}

/// Three aggregates over the same elements.
public struct Three<A: Aggregate, B: Aggregate, C: Aggregate>: Aggregate
where A.Input == B.Input, A.Input == C.Input {
  @usableFromInline var head: Both<A, B>
  @usableFromInline var c: C

  @inlinable
  init(_ a: A, _ b: B, _ c: C) {
    head = Both(a, b)
    self.c = c
  }

  /// Offers the element to each.
  @inlinable
  public mutating func add(_ element: A.Input) {
    head.add(element)
    c.add(element)
  }

  /// Merges each with its counterpart.
  @inlinable
  public mutating func merge(_ other: Self) {
    head.merge(other.head)
    c.merge(other.c)
  }

  /// The results, in the order in which the aggregates were written.
  @inlinable public var result: (A.Result, B.Result, C.Result) {
    (head.a.result, head.b.result, c.result)
  }
}

/// Four aggregates over the same elements.
public struct Four<A: Aggregate, B: Aggregate, C: Aggregate, D: Aggregate>: Aggregate
where A.Input == B.Input, A.Input == C.Input, A.Input == D.Input {
  @usableFromInline var head: Three<A, B, C>
  @usableFromInline var d: D

  @inlinable
  init(_ a: A, _ b: B, _ c: C, _ d: D) {
    head = Three(a, b, c)
    self.d = d
  }

  /// Offers the element to each.
  @inlinable
  public mutating func add(_ element: A.Input) {
    head.add(element)
    d.add(element)
  }

  /// Merges each with its counterpart.
  @inlinable
  public mutating func merge(_ other: Self) {
    head.merge(other.head)
    d.merge(other.d)
  }

  /// The results, in the order in which the aggregates were written.
  @inlinable public var result: (A.Result, B.Result, C.Result, D.Result) {
    (head.head.a.result, head.head.b.result, head.c.result, d.result)
  }
}
