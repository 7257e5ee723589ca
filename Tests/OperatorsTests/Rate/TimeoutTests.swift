// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct TimeoutTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Int>

  init() {
    topic = Topic("t", clock: clock)
  }

  /// Reads a flow to its end or failure; the topic is written and closed.
  private func read<Chain: Operator>(
    _ flow: Flow<Chain>
  ) async -> (elements: [Chain.Output], failure: (any Error)?) {
    var elements: [Chain.Output] = []
    do {
      for try await element in flow { elements.append(element) }
      return (elements, nil)
    } catch {
      return (elements, error)
    }
  }

  private func publish(at instants: Timestamp..., closeAt end: Timestamp) async throws {
    for (index, instant) in instants.enumerated() {
      clock.advance(to: instant)
      try await topic.publish([index])
    }
    clock.advance(to: end)
    topic.close()
  }

  @Test func `elements that come in time pass`() async throws {
    try await publish(at: 0, 5, 10, closeAt: 15)
    let (elements, failure) = await read(topic.flow(from: .earliest).timeout(.milliseconds(6)))
    #expect(elements == [0, 1, 2] && failure == nil)
  }

  @Test func `an element at the instant at which time is up is in time`() async throws {
    try await publish(at: 0, 5, closeAt: 6)
    let (elements, failure) = await read(topic.flow(from: .earliest).timeout(.milliseconds(5)))
    #expect(elements == [0, 1] && failure == nil)
  }

  @Test func `silence fails, and says since when`() async throws {
    try await publish(at: 1, 7, closeAt: 9)
    let (elements, failure) = await read(topic.flow(from: .earliest).timeout(.milliseconds(5)))
    #expect(elements == [0])
    let error = try #require((failure as? ElementFailure)?.error as? TimeoutError)
    #expect(error.since == 1 && error.instant == 6)
    #expect("\(error)" == "nothing came for 5 ms")
  }

  @Test func `silence before the end fails too`() async throws {
    try await publish(at: 1, closeAt: 9)
    let (elements, failure) = await read(topic.flow(from: .earliest).timeout(.milliseconds(5)))
    #expect(elements == [0] && (failure as? ElementFailure)?.error is TimeoutError)
  }

  @Test func `the first element is watched only where it is said since when`() async throws {
    try await publish(at: 30, 90, closeAt: 91)
    let flow = topic.flow(from: .earliest)
    #expect(await read(flow.timeout(.milliseconds(70))).failure == nil)
    #expect(await read(flow.timeout(first: .milliseconds(30), since: 0)).failure == nil)
    let (elements, failure) = await read(flow.timeout(first: .milliseconds(29), since: 0))
    #expect(elements.isEmpty)
    #expect((failure as? ElementFailure)?.appended == 29)
    let then = flow.timeout(first: .milliseconds(30), since: 0, then: .milliseconds(59))
    #expect(await read(then).elements == [0])
  }

  @Test func `a silence that is skipped fails once, and the next element starts anew`() {
    var timeout = Timeout<Int>(silence: .milliseconds(5), first: nil)
    var failures: [Timestamp] = []
    for instant in [0, 20, 22, 40] as [Timestamp] {
      while timeout.deadline < instant { timeout.fire(at: timeout.deadline) { _ in } }
      timeout.receive(1, at: instant) { _ in }
      timeout.takeFailures { failures.append($0.appended) }
    }
    #expect(failures == [5, 27])
    #expect(!timeout.hasFailures && timeout.stages[0]["timeouts"] == 2)
  }

  @Test func `a cut anywhere changes nothing`() {
    let make = { Timeout<Int>(silence: .milliseconds(3), first: (.milliseconds(2), 0)) }
    var whole = make()
    for case .element(let element, let now) in RateLog(4).happenings {
      var encoder = StateEncoder()
      try? whole.encode(into: &encoder)
      var decoder = StateDecoder(encoder.bytes)
      var copy = make()
      try? copy.restore(from: &decoder)
      for _ in 0..<3 where copy.deadline < now { copy.fire(at: copy.deadline) { _ in } }
      for _ in 0..<3 where whole.deadline < now { whole.fire(at: whole.deadline) { _ in } }
      var (own, other): ([ElementFailure], [ElementFailure]) = ([], [])
      whole.takeFailures { own.append($0) }
      copy.takeFailures { other.append($0) }
      #expect(own.map(\.description) == other.map(\.description))
      whole.receive(element, at: now) { _ in }
    }
    CutTest(RateLog(5).happenings, make).expectSameWhereverCut()
  }
}
