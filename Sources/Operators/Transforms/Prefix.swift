// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Emits the first elements, then ends.
///
/// State: how many are left. Cost: O(1).
public struct Prefix<Element: Sendable>: Operator {
  @usableFromInline var left: Int

  /// Makes the operator.
  ///
  /// - Parameter count: How many elements, at least none.
  @inlinable
  public init(_ count: Int) {
    precondition(count >= 0, "a prefix has no less than no elements")
    left = count
  }

  /// True: it may end before its input.
  @inlinable public static var ends: Bool { true }
  /// Whether it has let all through that it will.
  @inlinable public var isDone: Bool { left == 0 }

  /// Emits the element if it is one of the first.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    guard left > 0 else { return }
    left -= 1
    emit(element)
  }

  /// Writes how many are left.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("prefix") { encoder throws(StateError) in encoder.write(UInt64(left)) }
  }

  /// Reads how many are left.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("prefix") { decoder, _ throws(StateError) in
      left = Int(clamping: try decoder.readUInt64())
    }
  }

  /// The stage `prefix`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("prefix")] }
}

extension Flow {
  /// The first `count` elements; then the flow ends, and its source is read no further.
  ///
  /// ```swift
  /// let sample = requests.prefix(100)
  /// ```
  @inlinable
  public func prefix(_ count: Int) -> Flow<Fused<Chain, Prefix<Chain.Output>>> {
    apply(Prefix(count))
  }
}
