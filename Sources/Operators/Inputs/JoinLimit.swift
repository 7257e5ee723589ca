// SPDX-License-Identifier: Apache-2.0

/// How many elements a join keeps at once, of both sides together, and what becomes of one more.
public struct JoinLimit: Hashable, Sendable {
  /// What happens when an element comes for which there is no room.
  public enum Overflow: Hashable, Sendable {
    /// The element goes that would be the first to go, as though its time were over.
    case evict
    /// The new element meets what is kept, but is not kept itself.
    case refuse
  }

  /// The most elements that are kept.
  public let count: Int
  /// What happens beyond that; either way it is counted as `dropped`.
  public let overflow: Overflow

  /// Makes a limit.
  ///
  /// - Parameters:
  ///   - count: The most elements, at least one.
  ///   - overflow: What happens beyond that. Default: the element goes that would go first.
  public init(_ count: Int, overflow: Overflow = .evict) {
    precondition(count >= 1, "a join keeps at least one element")
    self.count = count
    self.overflow = overflow
  }

  /// 100,000 elements: some tens of megabytes where they are small.
  public static let standard = JoinLimit(100_000)
}
