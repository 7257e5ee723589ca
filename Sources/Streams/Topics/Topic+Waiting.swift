// SPDX-License-Identifier: Apache-2.0

/// How cursors wait for their topic.
extension Topic {
  /// Suspends until there is something behind `position`, the topic is closed, or its clock shows
  /// `deadline`.
  nonisolated(nonsending) func wait(at position: Position, until deadline: Timestamp) async throws {
    try await wait(until: deadline) { topic, wake in
      topic.notify(at: position, marksToo: true, wake)
    }
  }

  /// Suspends until the topic is closed, or its clock shows `deadline`.
  nonisolated(nonsending) func waitForEnd(until deadline: Timestamp) async throws {
    try await wait(until: deadline) { topic, wake in topic.notifyEnd(wake) }
  }

  /// Asks `topic` to call a closure once; answers `nil` if there is nothing to wait for.
  private typealias Asking =
    @Sendable (_ topic: Topic, _ wake: @escaping @Sendable () -> Void) -> WaiterTicket?

  private nonisolated(nonsending) func wait(
    until deadline: Timestamp,
    _ ask: @escaping Asking
  ) async throws {
    if deadline == .never { return try await news(ask) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.news(ask) }
      group.addTask { try await self.clock.sleep(until: deadline) }
      try await group.next()
      group.cancelAll()
    }
  }

  private nonisolated(nonsending) func news(_ ask: Asking) async throws {
    let news = OneShot<Void>()
    guard let ticket = ask(self, { news.settle(()) }) else { return }
    await withTaskCancellationHandler {
      await news.value()
    } onCancel: {
      forget(ticket)
      news.settle(())
    }
    try Task.checkCancellation()
  }
}
