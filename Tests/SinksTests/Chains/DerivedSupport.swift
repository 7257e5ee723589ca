// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization
import Testing
import WeirTesting

@testable import Sinks

/// What subscribers were told, from whatever thread.
final class Told<Value: Sendable>: Sendable {
  private let values = Mutex<[Value]>([])
  var all: [Value] { values.withLock { $0 } }
  func add(_ value: Value) { values.withLock { $0.append(value) } }
}

/// A source with a clock that stands still, and the derived topics over it.
struct DerivedBench: Sendable {
  let clock: ManualClock
  let source: Topic<Event>
  let topics: DerivedTopics

  init(
    settings: DerivedTopicSettings = .init(),
    retention: Retention = Retention(),
    epoch: UInt64 = 7
  ) {
    let clock = ManualClock(1_000)
    self.clock = clock
    source = Topic(
      "source",
      retention: retention,
      epoch: Epoch(rawValue: epoch),
      clock: clock,
      weigher: .each { $0.weight }
    )
    topics = DerivedTopics(settings: settings, clock: clock)
  }

  func publish(_ numbers: some Sequence<Int>) {
    for number in numbers {
      _ = source.offer([Event(data: Array(#"{"i":\#(number)}"#.utf8))]) { _ in }
    }
  }

  /// Subscribes and waits for the answer.
  func subscribe(
    _ plan: ChainPlan,
    at place: DerivedPlace? = nil,
    onEnd: @escaping @Sendable (DerivedEnding) -> Void = { _ in }
  ) async throws -> DerivedSubscription {
    try await withCheckedThrowingContinuation { continuation in
      topics.subscribe(plan, to: source, at: place, onEnd: onEnd) { result in
        continuation.resume(with: result)
      }
    }
  }

  /// Waits until all is written that comes of what the source holds now.
  func settle(_ subscription: DerivedSubscription) async throws {
    let records = topics.table.withLock { Array($0.records.values.map(\.derived)) }
    let derived = try #require(records.first { $0.topic === subscription.topic })
    let head = source.end.next - 1
    let id = UInt64.random(in: (1 << 32)...UInt64.max)
    await withCheckedContinuation { continuation in
      derived.progress.whenThrough(head, id) { continuation.resume() }
    }
  }

  /// Runs the pipelines while `body` works.
  func running(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await topics.run() }
      group.addTask { try await body() }
      try await group.next()
      group.cancelAll()
    }
  }
}

extension Topic<Event> {
  /// All entries, each with its offset.
  var shown: [String] {
    var position = earliest
    var shown: [String] = []
    while true {
      let first = position.next
      let elements = read(from: &position, limit: 1_000).elements
      if elements.isEmpty { return shown }
      shown += elements.enumerated().map { "\(Int(first) + $0) \($1.shown)" }
    }
  }
}

func reason(_ subscription: DerivedSubscription) -> DerivedRecovery.Reason? {
  if case .notRecovered(let reason) = subscription.recovery { reason } else { nil }
}
