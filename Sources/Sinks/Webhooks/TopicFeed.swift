// SPDX-License-Identifier: Apache-2.0
public import Storage
public import Streams

/// Reads a topic for a webhook, and keeps it from being forgotten meanwhile.
public struct TopicFeed: WebhookFeed {
  private let topic: Topic<Event>

  /// Reads a topic.
  public init(_ topic: Topic<Event>) {
    self.topic = topic
  }

  /// The place behind the newest entry.
  public var end: CursorPlace { CursorPlace(topic.epoch, topic.end.next - 1) }

  /// Reads entries behind a place; see ``WebhookFeed/read(after:limit:bytes:)``.
  public func read(
    after place: CursorPlace,
    limit: Int,
    bytes: Int
  ) async throws(WebhookFeedError) -> WebhookPage {
    let position = position(after: place)
    let result = await withCheckedContinuation { continuation in
      topic.readBack(from: position, limit: limit, bytes: bytes) {
        continuation.resume(returning: $0)
      }
    }
    switch result {
    case .success(let found): return page(found.batch, bytes: bytes)
    case .failure(let error): throw .unavailable(error.description)
    }
  }

  /// What of a batch comes before its second gap, up to so many bytes.
  private func page(_ batch: Batch<Event>, bytes: Int) -> WebhookPage {
    var page = WebhookPage(epoch: topic.epoch, gap: batch.leadingGap)
    var left = bytes
    batch.forEachEntry(of: topic) { entry in
      let last = page.entries.last?.offset
      guard last.map({ entry.offset == $0 + 1 && left > 0 }) ?? true else { return }
      left -= entry.event.data.count
      page.entries.append(entry)
    }
    return page
  }

  private func position(after place: CursorPlace) -> Position {
    // The beginning of another life is its oldest entry; nothing was missed of what nobody has begun.
    guard place.epoch == topic.epoch else {
      return Position(next: topic.earliest.next, nextMark: .max)
    }
    return Position(next: topic.position(after: place.offset).next, nextMark: .max)
  }

  /// Suspends until there is something behind a place, or the task is cancelled.
  public func news(after place: CursorPlace) async {
    let signal = WakeSignal()
    let position = position(after: place)
    let ticket = topic.notify(at: position, marksToo: false) { signal.give() }
    // A topic that is closed gives no tickets, and has no news once it is read.
    if ticket == nil, !topic.isClosed || position.next < topic.end.next { return }
    await withTaskCancellationHandler {
      await signal.wait()
    } onCancel: {
      signal.give()
    }
    if let ticket { topic.forget(ticket) }
  }
}

/// Wakes one task once.
final class WakeSignal: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Void, Never>)
    case given
  }

  private let state = Guarded(State.empty)

  /// Wakes who waits, now or later; a second call does nothing.
  func give() {
    let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
      defer { state = .given }
      if case .waiting(let continuation) = state { return continuation }
      return nil
    }
    continuation?.resume()
  }

  /// Suspends until somebody gives.
  func wait() async {
    await withCheckedContinuation { continuation in
      let isGiven = state.withLock { state in
        if case .given = state { return true }
        state = .waiting(continuation)
        return false
      }
      if isGiven { continuation.resume() }
    }
  }
}
