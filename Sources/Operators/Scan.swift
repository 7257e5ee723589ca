// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits a running value after each element.
public struct Scan<Input: Sendable, Output: Sendable>: Operator {
  @usableFromInline var value: Output
  @usableFromInline let combine: @Sendable (inout Output, Input) -> Void

  /// Makes the operator with the value before the first element.
  @inlinable
  public init(_ initial: Output, _ combine: @escaping @Sendable (inout Output, Input) -> Void) {
    value = initial
    self.combine = combine
  }

  /// Combines the element and emits the value.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    combine(&value, element)
    emit(value)
  }

  /// Writes the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("scan") { encoder throws(StateError) in try encoder.encode(value) }
  }

  /// Reads the value.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("scan") { decoder, _ throws(StateError) in
      value = try decoder.decode(Output.self)
    }
  }

  /// The stage `scan`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("scan", passage: .each)] }
}

/// Emits one value when the flow ends: all elements combined.
public struct Reduce<Input: Sendable, Output: Sendable>: Operator {
  @usableFromInline var value: Output
  @usableFromInline let combine: @Sendable (inout Output, Input) -> Void

  /// Makes the operator with the value of an empty flow.
  @inlinable
  public init(_ initial: Output, _ combine: @escaping @Sendable (inout Output, Input) -> Void) {
    value = initial
    self.combine = combine
  }

  /// Combines the element.
  @inlinable
  public mutating func receive(_ element: Input, at now: Timestamp, _ emit: (Output) -> Void) {
    combine(&value, element)
  }

  /// Emits the value.
  @inlinable
  public mutating func finish(at now: Timestamp, _ emit: (Output) -> Void) {
    emit(value)
  }

  /// Writes the value.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("reduce") { encoder throws(StateError) in try encoder.encode(value) }
  }

  /// Reads the value.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("reduce") { decoder, _ throws(StateError) in
      value = try decoder.decode(Output.self)
    }
  }

  /// The stage `reduce`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("reduce")] }
}

extension Flow {
  /// The running value after each element.
  ///
  /// ```swift
  /// let total = sizes.scan(0) { $0 += $1 }
  /// ```
  @inlinable
  public func scan<Output: Sendable>(
    _ initial: Output,
    _ combine: @escaping @Sendable (inout Output, Chain.Output) -> Void
  ) -> Flow<Fused<Chain, Scan<Chain.Output, Output>>> {
    apply(Scan(initial, combine))
  }

  /// One value when the flow ends: all elements combined, starting with `initial`.
  ///
  /// ```swift
  /// let sum = sizes.reduce(into: 0) { $0 += $1 }
  /// ```
  @inlinable
  public func reduce<Output: Sendable>(
    into initial: Output,
    _ combine: @escaping @Sendable (inout Output, Chain.Output) -> Void
  ) -> Flow<Fused<Chain, Reduce<Chain.Output, Output>>> {
    apply(Reduce(initial, combine))
  }
}
