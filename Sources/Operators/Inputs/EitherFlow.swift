// SPDX-License-Identifier: Apache-2.0
public import Streams

/// An operator on the elements of two inputs, behind their merge.
public typealias Inputs<Left: Sendable, Right: Sendable, Chain: Operator> = Fused<
  Identity<Either<Left, Right>>, Chain
> where Chain.Input == Either<Left, Right>

extension Flow {
  /// The elements of this flow and of another of a different type, in the order in which they were
  /// appended: what an operator with two inputs works on.
  ///
  /// It ends when both have ended. At most one batch of each is held.
  ///
  /// ```swift
  /// let all = orders.either(payments)
  /// ```
  ///
  /// - Parameter other: The other flow; of two elements of one instant its comes later.
  /// - Returns: The flow; its watermark is the lesser of the two.
  @inlinable
  public func either<Other: Operator>(
    _ other: Flow<Other>
  ) -> Flow<Identity<Either<Chain.Output, Other.Output>>> {
    Flow<Identity<Either<Chain.Output, Other.Output>>>(
      source: MergedSource([map { .left($0) }, other.map { .right($0) }]),
      chain: Identity()
    )
  }
}
