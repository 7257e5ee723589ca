// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Transport

// What a client has missed of a channel, and what has to be waited for before it is read.
extension WebSocketSession {
  /// What was missed, as far as memory has it.
  enum Missed {
    /// From an offset on, behind what the client has missed; `nil` if that can't be told whole.
    case known(next: Offset, [EventEntry]?)
    case onDisk(Recovery)
  }

  /// What the client has missed of a topic whose epoch it knows as `epoch`.
  func missed(
    _ request: SubscribeRequest,
    _ terms: SubscriptionTerms,
    in topic: Topic<Event>,
    epoch: String? = nil
  ) -> Missed {
    let end = topic.end
    guard let recover = request.recover else { return .known(next: end.next, []) }
    let most = terms.rules.maximumRecovery ?? settings.maximumRecovery
    guard terms.permissions.contains(.history), recover.epoch == epoch ?? "\(topic.epoch)",
      recover.offset < end.next, end.next - 1 - recover.offset <= UInt64(most)
    else { return .known(next: end.next, nil) }
    var recovery = Recovery(
      after: recover.offset,
      through: end.next - 1,
      maximumBytes: settings.maximumRecoveryBytes,
      where: request.filter
    )
    guard recovery.readFromMemory(topic) else { return .onDisk(recovery) }
    return .known(next: recovery.missed == nil ? end.next : recovery.next, recovery.missed)
  }

  // MARK: A chain

  /// Has a chain's results computed, unless that is done already, and goes on when what was missed of
  /// them is there.
  func derive(
    _ chain: JSONView,
    _ request: SubscribeRequest,
    _ terms: SubscriptionTerms,
    _ source: Topic<Event>,
    _ completion: @escaping Preparation
  ) throws(ProtocolError) {
    let plan = try access.plan(chain)
    let count =
      subscriptions.count { $0.derived != nil } + recovering.values.count { $0.ticket != nil }
    let most = access.identity.limits["chains"] ?? settings.maximumChains
    guard count < most else { throw .limitExceeded("\(most) channels with a chain") }
    if case .hold(let longest) = request.overrun, request.recover == nil {
      return try hold(plan, request, terms, source, longest, completion)
    }
    let number = wait(for: request.channel, completion)
    let later = shard.later(id)
    // Who may not see the past begins anew.
    let place = request.recover.flatMap { recover in
      terms.permissions.contains(.history)
        ? DerivedPlace(epoch: recover.epoch, offset: recover.offset) : nil
    }
    let ticket = services.derived.subscribe(plan, to: source, at: place, for: client) { ending in
      later { ($0 as? WebSocketSession)?.note(ending, of: request.channel) }
    } completion: { result in
      later { session in
        (session as? WebSocketSession)?.goOn(number, request, terms, result)
      }
    }
    recovering[request.channel]?.ticket = ticket
  }

  /// Has a chain computed for this subscription alone, which is waited for.
  private func hold(
    _ plan: ChainPlan,
    _ request: SubscribeRequest,
    _ terms: SubscriptionTerms,
    _ source: Topic<Event>,
    _ longest: Duration,
    _ completion: Preparation
  ) throws(ProtocolError) {
    guard terms.permissions.contains(.hold) else {
      services.authority.noteDenied(.hold)
      throw .permissionDenied("no grant 'hold' for '\(request.topic)'")
    }
    let later = shard.later(id)
    let held: HeldSubscription
    do throws(DerivedRefusal) {
      held = try services.derived.subscribeHolding(
        plan,
        to: source,
        for: longest,
        of: client
      ) { ending in
        later { ($0 as? WebSocketSession)?.note(ending, of: request.channel) }
      }
    } catch {
      throw .limitExceeded(error.description)
    }
    let prepared = PreparedSubscription(
      request: request,
      topic: held.topic,
      terms: terms,
      start: 1,
      missed: [],
      derived: .held(held)
    )
    completion(self, .success(prepared))
  }

  private func goOn(
    _ number: UInt64,
    _ request: SubscribeRequest,
    _ terms: SubscriptionTerms,
    _ result: Result<DerivedSubscription, DerivedRefusal>
  ) {
    settle(number, request.channel) { session in
      result.mapError { .limitExceeded($0.description) }.flatMap { derived in
        let missed = session.missed(request, terms, in: derived.topic, epoch: derived.epoch)
        // Derived topics are in memory alone.
        guard case .known(let next, let entries) = missed else {
          return .failure(.unavailable("the chain's results"))
        }
        return PreparedSubscription(
          request: request,
          topic: derived.topic,
          terms: terms,
          start: next,
          missed: entries,
          derived: .shared(derived)
        )
        .checked
      }
    }
  }

  /// Ends a subscription whose chain gives nothing more, so that the client begins anew.
  private func note(_ ending: DerivedEnding, of channel: String) {
    let known = subscriptions.first { $0.channel == channel }?.derived?.topic
    // It may be the chain that the channel had before.
    guard !isClosing, let code = ending.unsubscribeCode, known?.isClosed ?? false else { return }
    endSubscription(channel, telling: UnsubscribeCode(rawValue: code))
    connection.flush()
  }

  // MARK: From disk

  /// Notes that somebody waits for a channel.
  func wait(for channel: String, _ completion: @escaping Preparation) -> UInt64 {
    publishNumber += 1
    recovering[channel] = Waiting(number: publishNumber, completion: completion)
    return publishNumber
  }

  /// Goes on with a channel, if it is still waited for.
  func settle(
    _ number: UInt64,
    _ channel: String,
    _ result: (WebSocketSession) -> Result<PreparedSubscription, ProtocolError>
  ) {
    guard let waiting = recovering[channel], waiting.number == number else { return }
    recovering[channel] = nil
    waiting.completion(self, result(self))
    pump()
  }

  /// Reads on what was missed, and goes on when all of it is there; of a table that can't be told whole
  /// it goes on with its rows.
  func recover(
    _ recovery: Recovery,
    _ request: SubscribeRequest,
    _ terms: SubscriptionTerms,
    _ topic: Topic<Event>,
    orRowsOf table: EventTable? = nil,
    _ completion: @escaping Preparation
  ) {
    let reading: HeldReading?
    do throws(ProtocolError) { reading = try services.reading() } catch {
      return completion(self, .failure(error))
    }
    let number = wait(for: request.channel, completion)
    let later = shard.later(id)
    recovery.read(topic, counting: reading) { recovery in
      later { session in
        (session as? WebSocketSession)?.settle(number, request.channel) { session in
          if let table, recovery.error == nil, recovery.missed == nil {
            return session.rows(of: table, request, terms)
          }
          return recovery.prepared(request, topic, terms)
        }
      }
    }
  }
}

extension Recovery {
  /// The subscription that goes on behind what was read.
  fileprivate func prepared(
    _ request: SubscribeRequest,
    _ topic: Topic<Event>,
    _ terms: SubscriptionTerms
  ) -> Result<PreparedSubscription, ProtocolError> {
    if let error { return .failure(.unavailable(error.description)) }
    var prepared = PreparedSubscription(
      request: request,
      topic: topic,
      terms: terms,
      start: missed == nil ? topic.end.next : next,
      missed: missed
    )
    prepared.reading = reading
    return prepared.checked
  }
}
