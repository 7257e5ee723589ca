// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A subscriber's hold on a derived topic: it is kept as long as this is.
///
/// Let go of it, or call ``end()``, when the subscription ends.
public final class DerivedSubscription: Sendable {
  /// What is read, as any topic.
  public let topic: Topic<Event>
  /// The epoch that the client is told; it is not that of ``topic`` alone.
  public let epoch: String
  /// Whether the client's place was found.
  ///
  /// It then goes on behind its offset, which is kept. If not, it goes on with what comes.
  public let recovery: DerivedRecovery
  private let leave: @Sendable () -> Void

  init(
    _ derived: DerivedTopic,
    _ recovery: DerivedRecovery,
    leave: @escaping @Sendable () -> Void
  ) {
    (topic, epoch) = (derived.topic, derived.epochText)
    (self.recovery, self.leave) = (recovery, leave)
  }

  deinit { leave() }

  /// Ends it; harmless when it has ended.
  public func end() { leave() }
}

/// What became of a client's wish to go on where it was.
public enum DerivedRecovery: Hashable, Sendable {
  /// It has none.
  case notAsked
  /// Everything behind its offset is there.
  case recovered
  /// It goes on with what comes.
  case notRecovered(Reason)

  /// Why it could not be.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// The epoch is none of this chain over the source's present life.
    case otherEpoch
    /// The source has dropped entries from which it would have to be rebuilt.
    case sourceGone
    /// More entries would have to be read again than ``DerivedTopicSettings/maximumReplay``.
    case tooFar
    /// So many are being rebuilt, or wait, that no further one may; or there is no room for one.
    case busy
    /// It did not catch up in time.
    case tooLate
    /// The offset is no longer kept, or there is none such.
    case offsetGone
    /// It failed while it caught up.
    case failed
  }

  /// Whether everything is there.
  public var isRecovered: Bool { self == .recovered }
}

/// Where a client was in a derived topic.
public struct DerivedPlace: Hashable, Sendable {
  /// The epoch that it was told.
  public let epoch: String
  /// The last offset that it has.
  public let offset: Offset

  /// Makes a place, of whatever a client sends.
  public init(epoch: String, offset: Offset) { (self.epoch, self.offset) = (epoch, offset) }
}

/// Why there is no derived topic for a subscriber.
public enum DerivedRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// There are as many as there may be, and all are read.
  case tooMany(limit: Int)
  /// Their state could come to more than it may.
  case tooMuchState(limit: Int)
  /// The client reads as many as one client may.
  case tooManyOfClient(limit: Int)
  /// The state of those that the client reads could come to more than it may.
  case tooMuchStateOfClient(limit: Int)
  /// The source can't be read, since it is published faster than it keeps.
  case sourceTooFast
  /// The server shuts down.
  case closed

  /// Whether it is what this client has that leaves no room.
  public var isOfClient: Bool {
    switch self {
    case .tooManyOfClient, .tooMuchStateOfClient: true
    case .tooMany, .tooMuchState, .sourceTooFast, .closed: false
    }
  }

  /// What is wrong and what helps.
  public var description: String {
    switch self {
    case .tooMany(let limit):
      "there are \(limit) derived topics, the most allowed; try again later, or share a chain"
    case .tooMuchState(let limit):
      "the chains of all clients may keep \(limit) bytes; ask for fewer keys, or try again later"
    case .tooManyOfClient(let limit):
      "one client may have \(limit) chains at once; end some of its subscriptions or streams first"
    case .tooMuchStateOfClient(let limit):
      "the chains of one client may keep \(limit) bytes; ask for fewer \"keys\", or end some of its "
        + "subscriptions or streams first"
    case .sourceTooFast: "the topic drops entries faster than they can be read; try again later"
    case .closed: "the server shuts down; reconnect"
    }
  }
}

/// A subscription that is being made.
public struct DerivedTicket: Sendable {
  let cancelling: @Sendable () -> Void

  /// Takes it back: the completion is not called unless it is already on its way.
  public func cancel() { cancelling() }
}
