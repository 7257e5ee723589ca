// SPDX-License-Identifier: Apache-2.0

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
}
