// SPDX-License-Identifier: Apache-2.0
import Codecs
import Sinks
import Streams
import Synchronization

/// A request that sets or deletes a row, perhaps only if the row is what its sender has seen.
///
/// What is expected is judged at the instant of the change, so of several who have seen the same one
/// alone succeeds.
struct RowChange: Sendable {
  private let topic: Topic<Event>
  private let key: String
  private let match: EntityTags?
  private let noneMatch: EntityTags?
  private let isDeletion: Bool
  private let idempotencyKey: String?
  /// Whether the sender may know which row there is.
  private let mayRead: Bool
  private let statistics: ServerStatistics

  init(
    _ topic: Topic<Event>,
    _ key: String,
    _ context: RequestContext,
    _ statistics: ServerStatistics
  ) throws(Problem) {
    (self.topic, self.key, self.statistics) = (topic, key, statistics)
    match = try EntityTags("If-Match", of: context.head)
    noneMatch = try EntityTags("If-None-Match", of: context.head)
    isDeletion = context.head.method == "DELETE"
    mayRead = context.caller.may(.history, on: topic.name)
    idempotencyKey = try context.idempotencyKey()
  }

  /// Makes the change.
  ///
  /// - Parameters:
  ///   - event: What is published.
  ///   - reply: Where the answer goes if it comes later.
  /// - Returns: The answer, or that it comes later.
  func answer(_ event: Event, replyingTo reply: Router.ReplyAddress) -> Answer {
    guard topic.table == nil else {
      switch offer(event, later: { reply.complete($0) }) {
      case .answered(let response): return .response(response)
      case .waits(let ticket): return .held(topic, ticket)
      }
    }
    let change = self
    return reply.later {
      _ = try await TableRoutes.open(change.topic)
      return await withCheckedContinuation { continuation in
        let outcome = change.offer(event) { continuation.resume(returning: $0) }
        if case .answered(let response) = outcome { continuation.resume(returning: response) }
      }
    }
  }

  private enum Outcome {
    case answered(HTTPResponse)
    /// It is answered when it is stored, or refused then.
    case waits(HeldTicket)
  }

  private func offer(
    _ event: Event,
    later: @escaping @Sendable (HTTPResponse) -> Void
  ) -> Outcome {
    let before = Before()
    let offer = topic.offer([event], key: publishKey(event), if: condition(before)) {
      { later(response($0, before)) }
    }
    switch offer {
    case .stored(let receipt): return .answered(response(.success(receipt), before))
    case .held(let ticket): return .waits(ticket)
    case .refused(let error): return .answered(response(.failure(error), before))
    }
  }

  /// The row before the change, as the condition has seen it.
  private final class Before: Sendable {
    private let seen = Mutex<Bool?>(nil)

    /// Whether there was one; `nil` if nobody has looked: the change was made before.
    var wasThere: Bool? {
      get { seen.withLock { $0 } }
      set { seen.withLock { $0 = newValue } }
    }
  }

  private func condition(_ before: Before) -> RowCondition {
    let epoch = topic.epoch
    return RowCondition { [match, noneMatch, isDeletion] offset in
      before.wasThere = offset != nil
      let tag = offset.map { EntityTag.row(epoch, $0) }
      if let match, !match.matchesStrongly(tag) { return false }
      if let noneMatch, noneMatch.matchesWeakly(tag) { return false }
      // A deletion of nothing would be one more entry that says nothing.
      return !isDeletion || offset != nil
    }
  }

  /// By what the change is known when it is repeated: another of its key is another body, or row.
  private func publishKey(_ event: Event) -> PublishKey? {
    guard let idempotencyKey else { return nil }
    var hasher = Hasher()
    hasher.combine(isDeletion)
    hasher.combine(key)
    hasher.combine(event.data)
    for text in [event.type, event.id, event.source] { hasher.combine(text) }
    hasher.combine(event.time?.milliseconds)
    hasher.combine(event.tags)
    return PublishKey(idempotencyKey, fingerprint: hasher.finalize())
  }

  // MARK: Answering

  private func response(_ result: Result<Receipt, PublishError>, _ before: Before) -> HTTPResponse {
    switch result {
    case .success(let receipt): return done(receipt, isNew: before.wasThere == false)
    case .failure(.notStored(let error)):
      if case .notMatched(let newest) = error.kind { return refusal(newest) }
      return Problem(error).response
    case .failure(let error): return Problem(error).response
    }
  }

  private func done(_ receipt: Receipt, isNew: Bool) -> HTTPResponse {
    let tag = EntityTag.row(receipt.epoch, receipt.lastOffset)
    var response = HTTPResponse.json(isNew ? 201 : 200) { writer in
      writer.beginObject()
      writer.member("topic", topic.name)
      writer.member("key", key)
      writer.member("epoch", "\(receipt.epoch)")
      writer.member("offset", receipt.lastOffset)
      writer.endObject()
    }
    if !isDeletion { response.fields.append("ETag", tag.field) }
    return response
  }

  private func refusal(_ newest: Offset?) -> HTTPResponse {
    if isDeletion, newest == nil, match == nil {
      return Problem.noRow(key, of: topic.name).response
    }
    statistics.rowConflicts.add(1, ordering: .relaxed)
    let isThere = newest != nil
    var response = Problem(
      412,
      isThere ? "Row has changed" : "No such row",
      isThere
        ? "the row '\(key)' is another than the one that was expected"
        : "there is no row '\(key)', and one was expected",
      remedy: isThere
        ? "read it, decide again, and send If-Match with the ETag that it has then"
        : "send If-None-Match: * to make it, or no condition",
      field: match == nil ? "If-None-Match" : "If-Match"
    )
    .response
    if let newest, mayRead {
      response.fields.append("ETag", EntityTag.row(topic.epoch, newest).field)
    }
    return response
  }
}
