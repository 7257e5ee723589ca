// SPDX-License-Identifier: Apache-2.0
import Synchronization

// Publishing to a topic that has a journal.
extension Topic {
  /// Hands a publish to the journal, in the order of the topic; answers `.held` until it is stored.
  func offer(
    _ elements: [Element],
    _ key: String?,
    to journal: any TopicJournal<Element>,
    completion: @escaping @Sendable (Result<Receipt, PublishError>) -> Void
  ) -> Offer {
    let bytes = weigher.total(elements)
    let append = JournalAppend(
      payloads: journal.encode(elements),
      marks: [],
      appended: clock.now,
      key: key
    )
    return state.withLock { state in
      if let error = state.refusal(count: elements.count, bytes: bytes, key: key) {
        return .refused(error)
      }
      let refusal = state.hand(JournalCommit([append]), to: journal) { result in
        self.settle(elements, bytes: bytes, result.map { $0[0] }, completion)
      }
      return refusal.map { .refused(.notStored($0)) } ?? .held(HeldTicket(id: state.makeID()))
    }
  }

  /// Hands marks to the journal; readers see them when they are stored.
  func mark(
    _ mark: Mark,
    in journal: any TopicJournal<Element>,
    completion: @escaping @Sendable (Result<Void, PublishError>) -> Void
  ) {
    let append = JournalAppend(payloads: [], marks: [mark], appended: clock.now)
    var isNews = true
    let refusal: PublishError? = state.withLock { state in
      if state.closed != nil { return .closed }
      guard state.log.isNews(mark) else {
        isNews = false
        return nil
      }
      let refusal = state.hand(JournalCommit([append]), to: journal) { result in
        self.settle(mark, result.map { $0[0] }, completion)
      }
      return refusal.map { .notStored($0) }
    }
    if let refusal { completion(.failure(refusal)) } else if !isNews { completion(.success(())) }
  }

  private func settle(
    _ elements: [Element],
    bytes: Int,
    _ result: Result<JournalReceipt, JournalError>,
    _ completion: (Result<Receipt, PublishError>) -> Void
  ) {
    let waiters = state.withLock { state in
      state.unstored -= 1
      guard case .success(let receipt) = result else { return [TopicState<Element>.Waiter]() }
      if receipt.epoch != epoch { return end(&state, at: receipt.appended) }
      if receipt.isRepeat {
        state.makeExtras().repeatedPublishes += 1
        // The first one was refused by an error of the disk, and was there all the same afterwards.
        guard receipt.lastOffset >= state.log.next else { return [] }
        state.log.goOn(at: Position(next: receipt.lastOffset + 1, nextMark: receipt.firstMark))
        return state.takeWaiters()
      }
      state.take(elements, bytes: bytes, receipt)
      return state.takeWaiters()
    }
    for waiter in waiters { waiter.wake() }
    completion(result.map { Receipt($0) }.mapError { PublishError.notStored($0) })
  }

  private func settle(
    _ mark: Mark,
    _ result: Result<JournalReceipt, JournalError>,
    _ completion: (Result<Void, PublishError>) -> Void
  ) {
    let waiters = state.withLock { state in
      state.unstored -= 1
      guard case .success(let receipt) = result else { return [TopicState<Element>.Waiter]() }
      if receipt.epoch != epoch { return end(&state, at: receipt.appended) }
      state.take([mark], behind: receipt)
      return state.takeWaiters()
    }
    for waiter in waiters { waiter.wake() }
    completion(result.map { _ in }.mapError { PublishError.notStored($0) })
  }
}

extension Topic {
  /// Ends a topic whose log has begun another life; answers whom to wake.
  func end(
    _ state: inout TopicState<Element>,
    at instant: Timestamp
  ) -> [TopicState<Element>.Waiter] {
    isSuperseded.store(true, ordering: .relaxed)
    _ = state.close(now: instant)
    return state.takeWaiters()
  }
}

extension TopicState {
  /// Why a publish can't be handed to a journal, or `nil`.
  func refusal(count: Int, bytes: Int, key: String?) -> PublishError? {
    let longest = IdempotencyLimits.maximumKeyBytes
    if let key, !(1...longest ~= key.utf8.count) { return .invalidKey(maximumBytes: longest) }
    return refusal(count: count, bytes: bytes)
  }

  /// Hands something to the journal; answers why it was not taken.
  mutating func hand(
    _ commit: JournalCommit,
    to journal: any TopicJournal<Element>,
    completion: @escaping @Sendable (Result<[JournalReceipt], JournalError>) -> Void
  ) -> JournalError? {
    var commit = commit
    for index in commit.appends.indices {
      floor = max(floor, commit.appends[index].appended)
      commit.appends[index].appended = floor
    }
    do throws(JournalError) {
      try journal.append(commit, completion: completion)
    } catch {
      return error
    }
    unstored += 1
    return nil
  }

  /// Appends what the journal has stored.
  mutating func take(_ elements: [Element], bytes: Int, _ receipt: JournalReceipt) {
    log.goOn(at: Position(next: receipt.firstOffset, nextMark: log.marks.next))
    _ = log.makeRoom(forCount: elements.count, bytes: bytes, keepingFrom: .max)
    _ = log.append(elements, appended: receipt.appended)
    if let extras, !extras.indexes.isEmpty {
      extras.indexes.note(elements, first: receipt.firstOffset, appended: receipt.appended, in: log)
    }
  }

  /// Appends marks that the journal has stored behind the entries of an append.
  mutating func take(_ marks: [Mark], behind receipt: JournalReceipt) {
    guard !marks.isEmpty else { return }
    log.goOn(at: Position(next: receipt.lastOffset + 1, nextMark: receipt.firstMark))
    for mark in marks { log.take(mark, appended: receipt.appended) }
  }
}

extension Receipt {
  init(_ receipt: JournalReceipt) {
    self.init(
      epoch: receipt.epoch,
      firstOffset: receipt.firstOffset,
      lastOffset: receipt.lastOffset,
      appended: receipt.appended
    )
  }
}
