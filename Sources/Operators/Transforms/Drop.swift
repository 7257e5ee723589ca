// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Leaves out the first elements.
///
/// State: how many are left to leave out. Cost: O(1).
public struct Drop<Element: Sendable>: Operator {
  @usableFromInline var left: Int
  @usableFromInline var dropped: UInt64 = 0

  /// Makes the operator.
  ///
  /// - Parameter count: How many elements, at least none.
  @inlinable
  public init(_ count: Int) {
    precondition(count >= 0, "no less than no elements are dropped")
    left = count
  }

  /// Emits the element unless it is one of the first.
  @inlinable
  public mutating func receive(_ element: Element, at now: Timestamp, _ emit: (Element) -> Void) {
    if left > 0 {
      left -= 1
      dropped &+= 1
    } else {
      emit(element)
    }
  }

  /// Writes how many are left.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("drop") { encoder throws(StateError) in encoder.write(UInt64(left)) }
  }

  /// Reads how many are left.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("drop") { decoder, _ throws(StateError) in
      left = Int(clamping: try decoder.readUInt64())
    }
  }

  /// The stage `drop`: elements `dropped`.
  public var stages: [StageStatistics] { [StageStatistics("drop", ["dropped": dropped])] }
}

extension Flow {
  /// The elements behind the first `count`.
  ///
  /// ```swift
  /// let rows = lines.drop(1)
  /// ```
  @inlinable
  public func drop(_ count: Int) -> Flow<Fused<Chain, Drop<Chain.Output>>> {
    apply(Drop(count))
  }
}
