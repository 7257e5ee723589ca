// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Two elements that follow each other.
public struct Pair<Element: Sendable>: Sendable {
  /// The one that came before.
  public let previous: Element
  /// The one that came behind it.
  public let current: Element

  /// Makes a pair.
  @inlinable
  public init(previous: Element, current: Element) {
    self.previous = previous
    self.current = current
  }
}

extension Pair: Equatable where Element: Equatable {}
extension Pair: Hashable where Element: Hashable {}
extension Pair: Encodable where Element: Encodable {}
extension Pair: Decodable where Element: Decodable {}

extension Pair: StateCodable {
  /// As the elements.
  public static var storedForm: StateForm { StateForm(of: Element.self) }

  /// Writes both elements.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.encode(previous)
    try encoder.encode(current)
  }

  /// Reads both elements.
  public init(from decoder: inout StateDecoder) throws(StateError) {
    previous = try decoder.decode(Element.self)
    current = try decoder.decode(Element.self)
  }
}

/// Emits each element but the first together with the one before it.
///
/// State: one element. Cost: O(1).
public struct Pairwise<Element: Sendable>: Operator {
  @usableFromInline var previous: Element?

  /// Makes the operator.
  @inlinable public init() {}

  /// Emits the element and the one before it, if there was one.
  @inlinable
  public mutating func receive(
    _ element: Element,
    at now: Timestamp,
    _ emit: (Pair<Element>) -> Void
  ) {
    if let previous { emit(Pair(previous: previous, current: element)) }
    previous = element
  }

  /// Writes the newest element.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("pairwise") { encoder throws(StateError) in try encoder.encode(previous) }
  }

  /// Reads the newest element.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    try decoder.section("pairwise") { decoder, _ throws(StateError) in
      previous = try decoder.decode(Element?.self)
    }
  }

  /// The stage `pairwise`, which counts nothing.
  public var stages: [StageStatistics] { [StageStatistics("pairwise")] }
}

extension Flow {
  /// Each element but the first, together with the one before it.
  ///
  /// ```swift
  /// let steps = positions.pairwise().map { $0.current - $0.previous }
  /// ```
  @inlinable
  public func pairwise() -> Flow<Fused<Chain, Pairwise<Chain.Output>>> {
    apply(Pairwise())
  }
}
