// SPDX-License-Identifier: Apache-2.0

/// How many elements wait in an operator at once, and what happens when one more comes.
public struct QueueLimit: Hashable, Sendable {
  /// What happens when an element finds the queue full.
  public enum Overflow: Hashable, Sendable {
    /// The oldest leaves at once, before its time; counted as `released`. Nothing is lost.
    case release
    /// The oldest is dropped; counted as `dropped`.
    case dropOldest
    /// The new one is dropped; counted as `dropped`.
    case dropNewest
  }

  /// The most elements that wait.
  public let count: Int
  /// What happens beyond that.
  public let overflow: Overflow

  /// Makes a limit.
  ///
  /// - Parameters:
  ///   - count: The most elements that wait, at least one.
  ///   - overflow: What happens beyond that.
  public init(_ count: Int, overflow: Overflow) {
    precondition(count >= 1, "a queue has room for an element")
    self.count = count
    self.overflow = overflow
  }
}
