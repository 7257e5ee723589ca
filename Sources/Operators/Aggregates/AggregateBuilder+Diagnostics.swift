// SPDX-License-Identifier: Apache-2.0

// What can't stand in a block, so that the compiler says why.
extension AggregateBuilder {
  /// Refuses an empty block.
  @available(*, unavailable, message: "write at least one aggregate, such as Count()")
  public static func buildBlock() -> Count<Input> {
    Count()
  }

  /// Refuses more than eight aggregates.
  @available(*, unavailable, message: "at most eight aggregates stand in one block")
  public static func buildBlock<each A: Aggregate>(_ aggregates: repeat each A) -> Count<Input> {
    Count()
  }

  /// Refuses conditions: what is aggregated does not change while a flow runs.
  @available(*, unavailable, message: "a block of aggregates has no conditions")
  public static func buildOptional<A: Aggregate>(_ aggregate: A?) -> A {
    preconditionFailure("a block of aggregates has no conditions")
  }
}
