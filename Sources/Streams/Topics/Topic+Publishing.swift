// SPDX-License-Identifier: Apache-2.0

extension Topic {
  /// Appends all elements with consecutive offsets, or none; suspends while there is no room.
  ///
  /// Cancelling the task takes the publish back: it was either stored whole or never seen.
  /// - Parameters:
  ///   - elements: What to append; empty is a mistake of the caller.
  ///   - key: An idempotency key, or `nil`. While the topic remembers it, a further publish with it
  ///     stores nothing and gets the first one's receipt, also if it had other elements of the same
  ///     number and weight; if the first one waits, it waits with it.
  /// - Returns: Where they are.
  /// - Throws: ``PublishError``; `withdrawn` when the task was cancelled, `keyReused` when the
  ///   first publish with the key had another number or weight of elements, `notStored` when the
  ///   topic's journal has not stored it. What a journal was handed can't be taken back: cancelling
  ///   waits for what becomes of it.
  @discardableResult
  public nonisolated(nonsending) func publish(
    _ elements: [Element],
    key: String? = nil
  ) async throws(PublishError) -> Receipt {
    var waiting: OneShot<Result<Receipt, PublishError>>?
    let offer = offer(elements, key.map { PublishKey($0) }) {
      let outcome = OneShot<Result<Receipt, PublishError>>()
      waiting = outcome
      return { outcome.settle($0) }
    }
    switch (offer, waiting) {
    case (.stored(let receipt), _): return receipt
    case (.refused(let error), _): throw error
    case (.held(let ticket), let outcome?):
      return try await withTaskCancellationHandler {
        await outcome.value()
      } onCancel: {
        withdraw(ticket)
      }.get()
    case (.held, nil): preconditionFailure("a held publish has asked for its completion")
    }
  }

  /// Appends all elements if there is room now; else holds them and tells when they are stored.
  ///
  /// - Parameters:
  ///   - elements: What to append.
  ///   - key: An idempotency key, or `nil`; see ``publish(_:key:)``.
  ///   - completion: Called once, from any thread, only if the answer is `.held`.
  /// - Returns: What became of it.
  public func offer(
    _ elements: [Element],
    key: String? = nil,
    completion: @escaping @Sendable (Result<Receipt, PublishError>) -> Void
  ) -> Offer {
    offer(elements, key.map { PublishKey($0) }) { completion }
  }

  /// Offers with a completion that is only made when the publish is held.
  fileprivate func offer(
    _ elements: [Element],
    _ key: PublishKey?,
    if condition: RowCondition? = nil,
    makeCompletion: () -> @Sendable (Result<Receipt, PublishError>) -> Void
  ) -> Offer {
    precondition(!elements.isEmpty, "a publish has at least one element")
    if let journal {
      let completion = makeCompletion()
      return offer(elements, key?.text, if: condition, to: journal, completion: completion)
    }
    let bytes = weigher.total(elements)
    let now = clock.now
    var waiters: [TopicState<Element>.Waiter] = []
    let offer: Offer = state.withLock { state in
      if let key {
        let count = elements.count
        switch state.recall(key, count: count, bytes: bytes, now: now) {
        case .unknown: break
        case .answer(let answer): return answer
        case .waiting(let first): return state.join(first, completion: makeCompletion())
        }
      }
      if let error = state.refusal(count: elements.count, bytes: bytes) { return .refused(error) }
      // Those that wait come first: what they leave is looked at when this is stored.
      if state.held.isEmpty, let error = state.rowRefusal(of: elements, if: condition) {
        return .refused(error)
      }
      if let receipt = state.store(elements, bytes: bytes, now: now) {
        if let key { state.makeExtras().keys.store(key, bytes: bytes, receipt) }
        waiters = state.takeWaiters()
        return .stored(receipt)
      }
      let completion = makeCompletion()
      return .held(
        state.hold(elements, bytes: bytes, key: key, condition: condition, completion: completion)
      )
    }
    for waiter in waiters { waiter.wake() }
    return offer
  }
}

extension Topic<Event> {
  /// Appends all events if there is room now; else holds them and tells when they are stored.
  ///
  /// What ``offer(_:key:completion:)`` of any topic does, compiled for events: it is called for each
  /// request of a publisher.
  ///
  /// - Parameters:
  ///   - events: What to append.
  ///   - key: By what it is known if it is repeated; see ``Topic/publish(_:key:)``. Default: nothing.
  ///   - condition: What the row of the one event must be, in a topic that is a table; it is refused as
  ///     `notMatched` otherwise, but for a repeated key. Default: anything.
  ///   - makeCompletion: Asked, if the answer is `.held`, for what to call once, from any thread.
  /// - Returns: What became of it.
  public func offer(
    _ events: [Event],
    key: PublishKey? = nil,
    if condition: RowCondition? = nil,
    makeCompletion: () -> @Sendable (Result<Receipt, PublishError>) -> Void
  ) -> Offer {
    offer(events, key, if: condition, makeCompletion: makeCompletion)
  }
}
