// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct CircuitBreakerTests {
  private let clock = ManualClock(0)
  private let breaker: CircuitBreaker

  init() {
    breaker = CircuitBreaker(failures: 3, cooldown: .milliseconds(100), clock: clock)
  }

  private func succeed() async throws { try await breaker.call {} }

  private func fail(_ times: Int = 1) async {
    for _ in 0..<times {
      await #expect(throws: Mishap.self) { _ = try await breaker.call { throw Mishap() } }
    }
  }

  @Test func `it opens after so many failures in a row`() async throws {
    await fail(2)
    try await succeed()
    await fail(2)
    #expect(breaker.position == .closed)
    await fail()
    #expect(breaker.position == .open(until: 100))
    await #expect(throws: CircuitOpen(until: 100)) { try await succeed() }
    #expect(breaker.statistics.calls == 6)
    #expect(breaker.statistics.failed == 5)
    #expect(breaker.statistics.refused == 1)
    #expect(breaker.statistics.openings == 1)
  }

  @Test func `half open, one call goes through and closes it`() async throws {
    await fail(3)
    clock.advance(to: 100)
    #expect(breaker.position == .halfOpen)
    _ = try await breaker.call {
      await #expect(throws: CircuitOpen(until: nil)) { try await succeed() }
    }
    #expect(breaker.position == .closed)
    await fail(2)
    #expect(breaker.position == .closed)
  }

  @Test func `half open, a failure opens it again`() async throws {
    await fail(3)
    clock.advance(to: 130)
    await fail()
    #expect(breaker.position == .open(until: 230))
    #expect(breaker.statistics.openings == 2)
  }

  @Test func `a trial call that is cancelled makes room for another`() async throws {
    await fail(3)
    clock.advance(to: 100)
    await #expect(throws: CancellationError.self) {
      _ = try await breaker.call { throw CancellationError() }
    }
    #expect(breaker.position == .halfOpen)
    try await succeed()
    #expect(breaker.position == .closed)
  }

  @Test func `a call from before it opened does not close it`() async throws {
    let desk = CallDesk<Int, Int>()
    let old = Task { [breaker] in try await breaker.call { try await desk.ask(1) } }
    await eventually { desk.open == [1] }
    await fail(3)
    await desk.answer(1, .success(1))
    _ = try await old.value
    #expect(breaker.position == .open(until: 100))
  }

  @Test func `a timeout cancels the call`() async throws {
    let desk = CallDesk<Int, Int>()
    let clock = clock
    let call = Task {
      try await withTimeout(.milliseconds(50), on: clock) { try await desk.ask(1) }
    }
    await clock.sleepers(1)
    clock.advance(to: 50)
    await #expect(throws: CallTimeout(limit: .milliseconds(50))) { try await call.value }
    #expect(desk.cancelled == [1])
    #expect(try await withTimeout(.seconds(1), on: clock) { 7 } == 7)
    await #expect(throws: Mishap.self) {
      try await withTimeout(.seconds(1), on: clock) { throw Mishap() }
    }
  }
}
