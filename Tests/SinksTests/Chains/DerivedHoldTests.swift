// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Sinks

/// Subscribers that are waited for.
@Suite struct DerivedHoldTests {
  private func bench() -> DerivedBench {
    var settings = DerivedTopicSettings()
    settings.heldRetention = Retention(maximumCount: 4)
    return DerivedBench(settings: settings, retention: Retention(maximumCount: 8))
  }

  /// Publishes one by one, as a publisher that waits, and tells how far it has come.
  private func publishing(_ bench: DerivedBench, _ count: Int) -> Told<Int> {
    let told = Told<Int>()
    for number in 1...count {
      let event = Event(data: Array(#"{"i":\#(number)}"#.utf8))
      if case .stored = bench.source.offer([event], completion: { _ in told.add(number) }) {
        told.add(number)
      }
    }
    return told
  }

  @Test func `publishers wait for it, and nothing is lost`() async throws {
    let bench = bench()
    let (stream, ended) = AsyncStream.makeStream(of: Void.self)
    try await bench.running {
      let held = try bench.topics.subscribeHolding(
        try plan(#"[{"filter":"true"}]"#),
        to: bench.source,
        for: .seconds(5),
        onEnd: { _ in ended.yield() }
      )
      let told = publishing(bench, 100)
      #expect(told.all.count < 100)
      // Takes in one after the other, as a socket does.
      var seen: [Int?] = []
      var position = held.topic.earliest
      var iterator = held.topic.flow(from: .earliest, overrun: .skip).makeAsyncIterator()
      while seen.count < 100, let event = try await iterator.next() {
        seen.append(event.number)
        position.next += 1
        held.consume(through: position.next - 1)
      }
      #expect(seen == Array(1...100))
      #expect(told.all.count == 100)
      #expect(held.isHolding)
      held.end()
      #expect(bench.topics.statistics.topicCount == 0)
    }
    _ = stream
  }

  @Test func `held too long it waits no more`() async throws {
    let bench = bench()
    try await bench.running {
      let held = try bench.topics.subscribeHolding(
        try plan(#"[{"filter":"true"}]"#),
        to: bench.source,
        for: .seconds(5),
        onEnd: { _ in }
      )
      let told = publishing(bench, 40)
      // As soon as the chain waits for its reader, time counts.
      while held.topic.statistics.waitingPublishes == 0 { await Task.yield() }
      bench.topics.sweep()
      bench.clock.advance(by: .seconds(4))
      held.consume(through: 1)
      while held.topic.statistics.waitingPublishes == 0 { await Task.yield() }
      bench.topics.sweep()
      bench.clock.advance(by: .seconds(4))
      bench.topics.sweep()
      #expect(held.isHolding)
      #expect(told.all.count < 40)
      bench.clock.advance(by: .seconds(1))
      bench.topics.sweep()
      #expect(!held.isHolding)
      while told.all.count < 40 { await Task.yield() }
      #expect(bench.topics.statistics.holdsGivenUp == 1)
    }
  }

  @Test func `it is nobody else's, and goes with its reader`() async throws {
    let bench = bench()
    try await bench.running {
      let all = try plan(#"[{"filter":"true"}]"#)
      let held = try bench.topics.subscribeHolding(
        all,
        to: bench.source,
        for: .seconds(5),
        onEnd: { _ in }
      )
      let other = try bench.topics.subscribeHolding(
        all,
        to: bench.source,
        for: .seconds(5),
        onEnd: { _ in }
      )
      let shared = try await bench.subscribe(all)
      #expect(held.topic !== other.topic)
      #expect(shared.topic !== held.topic)
      #expect(shared.topic !== other.topic)
      #expect(held.epoch == shared.epoch)
      #expect(bench.topics.statistics.topicCount == 3)
      held.end()
      other.end()
      #expect(bench.topics.statistics.topicCount == 1)
      #expect(try await bench.subscribe(all).topic === shared.topic)
      // Nothing holds the source back any more.
      #expect(publishing(bench, 3).all.count == 3)
    }
  }
}
