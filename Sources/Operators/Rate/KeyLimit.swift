// SPDX-License-Identifier: Apache-2.0

/// How many keys an operator keeps at once, and what becomes of one more.
public struct KeyLimit: Hashable, Sendable {
  /// What happens when an element has a key for which there is no room.
  public enum Overflow: Hashable, Sendable {
    /// The key whose deadline comes first gives out what it holds at once and is forgotten; counted
    /// as `released`. Nothing is lost, but that key's elements come early.
    case releaseFirst
    /// The element is dropped, and counted as `refused`.
    case refuse
  }

  /// The most keys that are kept.
  public let count: Int
  /// What happens beyond that.
  public let overflow: Overflow

  /// Makes a limit.
  ///
  /// - Parameters:
  ///   - count: The most keys, at least one.
  ///   - overflow: What happens beyond that. Default: the key whose deadline comes first goes.
  public init(_ count: Int, overflow: Overflow = .releaseFirst) {
    precondition(count >= 1, "an operator keeps at least one key")
    self.count = count
    self.overflow = overflow
  }

  /// 100,000 keys: some tens of megabytes with short keys and elements.
  public static let standard = KeyLimit(100_000)
}
