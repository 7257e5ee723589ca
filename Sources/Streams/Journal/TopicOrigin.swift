// SPDX-License-Identifier: Apache-2.0

/// A former life of a log, whose entries the next one has taken over.
public struct FormerLife: Hashable, Sendable {
  /// Its epoch.
  public var epoch: Epoch
  /// Where the next life went on: what stands before is the same in both.
  public var end: Position

  /// Puts both together.
  public init(_ epoch: Epoch, end: Position) {
    (self.epoch, self.end) = (epoch, end)
  }
}

/// Where a topic's log stands when the topic is made: empty, or as its journal has it.
public struct TopicOrigin: Hashable, Sendable {
  /// The life of the log.
  public var epoch: Epoch
  /// What the next entry and the next mark get.
  public var end = Position(next: 1, nextMark: 1)
  /// Nothing is appended before this instant.
  public var floor = Timestamp.distantPast
  /// The lives that this one goes on with, the oldest first.
  public var formerLives: [FormerLife] = []

  /// A log of this life without an entry.
  public init(_ epoch: Epoch) {
    self.epoch = epoch
  }
}
