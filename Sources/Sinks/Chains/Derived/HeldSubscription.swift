// SPDX-License-Identifier: Apache-2.0
public import Streams

/// A derived topic of one subscription alone, which waits for it, and has its source wait.
///
/// Let go of it, or call ``end()``, when the subscription ends.
public final class HeldSubscription: Sendable {
  /// What is read, as any topic.
  public let topic: Topic<Event>
  /// The epoch that the client is told; from it ``DerivedTopics/subscribe(_:to:at:onEnd:completion:)``
  /// rebuilds what this has held.
  public let epoch: String
  private let hold: DerivedHold
  private let leave: @Sendable () -> Void

  init(_ derived: DerivedTopic, _ hold: DerivedHold, leave: @escaping @Sendable () -> Void) {
    (topic, epoch) = (derived.topic, derived.epochText)
    (self.hold, self.leave) = (hold, leave)
  }

  deinit { leave() }

  /// Whether it still waits; once it does not, its reader is told gaps, as by the policy `skip`.
  public var isHolding: Bool { hold.isHolding }

  /// Says that what comes up to an offset has gone to the client, so that as much may follow.
  public func consume(through offset: Offset) { hold.consume(through: offset) }

  /// Ends it; harmless when it has ended.
  public func end() { leave() }
}

/// What holds a derived topic back until its one reader has taken in what there is.
final class DerivedHold: Sendable {
  private struct State {
    var cursor: Cursor<Event>?
    /// Since when results wait, as far as was looked.
    var heldSince: Timestamp?
  }

  private let topic: Topic<Event>
  private let longest: Duration
  private let state: Guarded<State>

  init(_ topic: Topic<Event>, for longest: Duration) {
    (self.topic, self.longest) = (topic, longest)
    state = Guarded(State(cursor: Cursor(topic, from: .earliest, overrun: .holdBack)))
  }

  var isHolding: Bool { state.withLock { $0.cursor != nil } }

  func consume(through offset: Offset) {
    state.withLock { state in
      guard let cursor = state.cursor, offset >= cursor.position.next else { return }
      cursor.consume(through: min(offset, topic.end.next - 1))
      state.heldSince = nil
    }
  }

  /// Holds back no more if it has for too long.
  ///
  /// - Returns: Whether it has just given up.
  func look(now: Timestamp) -> Bool {
    let isHeld = topic.statistics.waitingPublishes > 0
    return state.withLock { state in
      guard isHeld, state.cursor != nil else {
        state.heldSince = nil
        return false
      }
      let since = state.heldSince ?? now
      state.heldSince = since
      guard since + longest <= now else { return false }
      state.cursor = nil
      return true
    }
  }

  /// Holds back no more.
  func release() { state.withLock { $0.cursor = nil } }
}

extension DerivedTopics {
  /// Makes a derived topic for one subscription that is waited for: while its reader does not say that it
  /// has taken in what there is, the chain stops, then the source, and publishers wait.
  ///
  /// A token has to grant that. It begins with what comes; a client that comes back is recovered by
  /// ``subscribe(_:to:at:onEnd:completion:)``, where nobody waits.
  /// - Parameters:
  ///   - plan: The chain.
  ///   - source: What it is over.
  ///   - longest: How long results wait while nothing is taken in; then it waits no more, for good.
  ///     ``sweep()`` looks, so it may be longer by the time between two of them.
  ///   - client: Whose share it counts for; `nil`, the default, for somebody who is trusted.
  ///   - onEnd: Called when the derived topic ends by itself, from any thread.
  /// - Returns: The subscription.
  /// - Throws: ``DerivedRefusal``; there is nothing then.
  public func subscribeHolding(
    _ plan: ChainPlan,
    to source: Topic<Event>,
    for longest: Duration,
    of client: ClientKey? = nil,
    onEnd: @escaping @Sendable (DerivedEnding) -> Void
  ) throws(DerivedRefusal) -> HeldSubscription {
    let derived = DerivedTopic(
      plan,
      of: source,
      start: source.end.next - 1,
      retention: settings.heldRetention,
      overrun: .holdBack,
      holder: table.withLock { $0.makeID() }
    )
    // Published faster than it keeps, between two lines.
    guard derived.progress.isThere else { throw .sourceTooFast }
    let hold = DerivedHold(derived.topic, for: longest)
    let now = clock.now
    let asking = DerivedMember(client: client, onEnd: onEnd)
    let added: Result<(joined: DerivedJoined, evicted: [DerivedTopic]), DerivedRefusal> =
      table.withLock { table in
        Result { () throws(DerivedRefusal) in
          try table.insert(derived, for: asking, isRebuilt: false, hold: hold, now: now)
        }
      }
    let (joined, evicted) = try added.get()
    let reader = joined.reader
    start(derived, evicted: evicted)
    return HeldSubscription(derived, hold) { [weak self] in
      hold.release()
      guard let self else { return }
      let now = clock.now
      table.withLock { $0.leave(derived.key, reader, now: now) }?.stop()
    }
  }
}
