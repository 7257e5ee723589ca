// SPDX-License-Identifier: Apache-2.0
public import Streams

/// Combines elements into one value, in any number of parts that can be merged.
///
/// The value that is written down is the empty one; windows copy it for each key and pane.
/// Adding the elements of two aggregates to one gives the same result as merging the two.
public protocol Aggregate<Input, Result>: Sendable {
  /// What it combines.
  associatedtype Input: Sendable
  /// What it comes to.
  associatedtype Result: Sendable

  /// Takes one element in.
  mutating func add(_ element: Input)

  /// Takes in all that `other`, a copy of the same empty value, has taken in.
  mutating func merge(_ other: Self)

  /// What it comes to so far.
  var result: Result { get }

  /// Writes down what it has taken in.
  ///
  /// - Throws: ``Streams/StateError`` if a value can't be stored.
  func encode(into encoder: inout StateEncoder) throws(StateError)

  /// Takes over what ``encode(into:)`` has written; called on a copy of the empty value.
  ///
  /// - Throws: ``Streams/StateError`` if the bytes are not such a state; it must then be thrown away.
  mutating func restore(from decoder: inout StateDecoder) throws(StateError)
}

// An aggregate of one's own that never stands in a checkpoint need not say how it is stored. Those of
// this library all do.
extension Aggregate {
  /// Refuses.
  public func encode(into encoder: inout StateEncoder) throws(StateError) {
    throw .notEncodable(type: "\(Self.self)")
  }

  /// Refuses.
  public mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    throw .notEncodable(type: "\(Self.self)")
  }
}
