// SPDX-License-Identifier: Apache-2.0
import Synchronization

// Publishing to a topic that has a journal.
extension Topic {
  /// Hands a publish to the journal, in the order of the topic; answers `.held` until it is stored.
  func offer(
    _ elements: [Element],
    _ key: String?,
    if condition: RowCondition?,
    to journal: any TopicJournal<Element>,
    completion: @escaping @Sendable (Result<Receipt, PublishError>) -> Void
  ) -> Offer {
    let bytes = weigher.total(elements)
    let payloads: [[UInt8]]
    do throws(PublishError) {
      payloads = try journal.payloads(of: elements)
    } catch {
      return .refused(error)
    }
    let append = JournalAppend(
      payloads: payloads,
      marks: [],
      appended: clock.now,
      key: key,
      condition: condition
    )
    return state.withLock { state in
      if let error = state.refusal(count: elements.count, bytes: bytes, key: key) {
        return .refused(error)
      }
      let refusal = state.hand(JournalCommit([append]), to: journal) { result in
        let settled = self.settle(result) { state, receipts in
          state.take(elements, bytes: bytes, receipts[0])
        }
        completion(settled.map { Receipt($0[0]) })
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
        let settled = self.settle(result) { $0.take([mark], behind: $1[0]) }
        completion(settled.map { _ in })
      }
      return refusal.map { .notStored($0) }
    }
    if let refusal { completion(.failure(refusal)) } else if !isNews { completion(.success(())) }
  }

  /// Ends what was handed to the journal: takes what it has stored, wakes those who wait for that.
  ///
  /// - Parameters:
  ///   - result: What became of it.
  ///   - take: Appends what was stored, under the topic's lock.
  /// - Returns: The same, as publishers are told.
  func settle(
    _ result: Result<[JournalReceipt], JournalError>,
    _ take: (inout TopicState<Element>, [JournalReceipt]) -> Void
  ) -> Result<[JournalReceipt], PublishError> {
    let waiters = state.withLock { state in
      state.unstored -= 1
      guard case .success(let receipts) = result else { return [TopicState<Element>.Waiter]() }
      if let receipt = receipts.first, receipt.epoch != epoch {
        return end(&state, at: receipt.appended)
      }
      let end = state.log.end
      take(&state, receipts)
      return state.log.end == end ? [] : state.takeWaiters()
    }
    for waiter in waiters { waiter.wake() }
    return result.mapError { .notStored($0) }
  }

  /// Ends a topic whose log has begun another life; answers whom to wake.
  private func end(
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

  /// Appends what the journal has stored of one publish.
  mutating func take(_ elements: [Element], bytes: Int, _ receipt: JournalReceipt) {
    if receipt.isRepeat { return takeRepeat(receipt) }
    log.goOn(at: Position(next: receipt.firstOffset, nextMark: log.marks.next))
    _ = log.makeRoom(forCount: elements.count, bytes: bytes, keepingFrom: .max)
    _ = log.append(elements, appended: receipt.appended)
    if let extras, !extras.indexes.isEmpty {
      extras.indexes.note(elements, first: receipt.firstOffset, appended: receipt.appended, in: log)
    }
  }

  /// Counts a publish that the journal knew by its key.
  private mutating func takeRepeat(_ receipt: JournalReceipt) {
    makeExtras().repeatedPublishes += 1
    // The first one is of another life of the process, or came in beside this topic.
    guard receipt.lastOffset >= log.next else { return }
    log.goOn(at: Position(next: receipt.lastOffset + 1, nextMark: receipt.firstMark))
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
