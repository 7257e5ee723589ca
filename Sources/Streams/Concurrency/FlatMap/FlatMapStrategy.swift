// SPDX-License-Identifier: Apache-2.0

/// How the flows that elements lead to become one.
public struct FlatMapStrategy: Hashable, Sendable {
  /// The most inner flows that are read at once.
  let limit: Int
  /// Whether a new element ends the inner flow of the one before.
  let replaces: Bool

  /// One after the other: the next begins when the one before has ended.
  public static var concat: FlatMapStrategy { FlatMapStrategy(limit: 1, replaces: false) }

  /// Several at once, in the order in which their entries were appended.
  ///
  /// - Parameter limit: The most that are read at once; no further element is read while they are.
  /// - Returns: The strategy.
  public static func merge(maxConcurrent limit: Int) -> FlatMapStrategy {
    precondition(limit >= 1, "at least one flow is read at a time")
    return FlatMapStrategy(limit: limit, replaces: false)
  }

  /// That of the newest element: a new one ends the inner flow of the one before.
  public static var latest: FlatMapStrategy { FlatMapStrategy(limit: 1, replaces: true) }
}
