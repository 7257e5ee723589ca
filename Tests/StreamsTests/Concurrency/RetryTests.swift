// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct RetryTests {
  private let clock = ManualClock(0)
  private static let steady = Backoff(
    first: .milliseconds(10),
    longest: .milliseconds(40),
    jitter: 0
  )

  /// A flow that fails as often as told, after two elements each time.
  private func failing(_ times: Int, _ opened: Diary<Int>) -> Flow<Identity<Int>> {
    Flow.sequence(clock: clock) {
      AsyncThrowingStream<Int, any Error> { continuation in
        opened.note(1)
        let number = opened.entries.count
        continuation.yield(number * 10)
        continuation.yield(number * 10 + 1)
        continuation.finish(throwing: number <= times ? Mishap(number: number) : nil)
      }
    }
  }

  @Test func `it is read anew after a pause that grows`() async throws {
    let opened = Diary<Int>()
    let flow = failing(3, opened).retry(atMost: 3, backoff: Self.steady)
    let reading = Task { try await all(flow) }
    for instant in [10, 30, 70] {
      await clock.sleepers(1)
      clock.advance(to: Timestamp(milliseconds: Int64(instant) - 1))
      clock.advance(to: Timestamp(milliseconds: Int64(instant)))
    }
    #expect(try await reading.value == [10, 11, 20, 21, 30, 31, 40, 41])
    #expect(opened.entries.count == 4)
  }

  @Test func `after too many failures it throws the last`() async throws {
    let opened = Diary<Int>()
    let flow = failing(9, opened).retry(atMost: 2, backoff: Self.steady)
    let reading = Task { try await all(flow) }
    for instant in [10, 30] {
      await clock.sleepers(1)
      clock.advance(to: Timestamp(milliseconds: Int64(instant)))
    }
    await #expect(throws: Mishap(number: 3)) { try await reading.value }
    #expect(opened.entries.count == 3)
  }

  @Test func `failures of long ago do not count`() async throws {
    let opened = Diary<Int>()
    let flow = failing(5, opened)
      .retry(atMost: 1, within: .milliseconds(10), backoff: Self.steady)
    let reading = Task { try await all(flow).count }
    for step in 1...5 {
      await clock.sleepers(1)
      clock.advance(to: Timestamp(milliseconds: Int64(step) * 10))
    }
    #expect(try await reading.value == 12)
  }

  @Test func `operators that fail begin anew, and instants never go back`() async throws {
    let topic = Topic<Int>("t", clock: clock)
    for number in 1...3 {
      clock.advance(to: Timestamp(milliseconds: Int64(number)))
      try await topic.publish([number])
    }
    topic.close()
    let failed = Diary<Int>()
    let flow = topic.flow(from: .earliest)
      .mapAsync(concurrency: 1) { number in
        if number == 2, failed.entries.isEmpty {
          failed.note(number)
          throw Mishap()
        }
        return number
      }
      .scan(0) { $0 += $1 }
      .retry(atMost: 1, backoff: Self.steady)
    let reader = Lent(flow.makeReader())
    let reading = Task { try await reader.value.everything() }
    await clock.sleepers(1)
    clock.advance(to: 13)
    let totals = try await reading.value.map { item -> [Int64] in
      if case .entry(let total, _, let appended) = item {
        [Int64(total), appended.milliseconds]
      } else {
        []
      }
    }
    #expect(totals == [[1, 1], [1, 1], [3, 2], [6, 3]])
  }

  @Test func `a consumer that is cancelled in a pause ends at once`() async throws {
    let opened = Diary<Int>()
    let flow = failing(9, opened).retry(atMost: 2, backoff: Self.steady)
    let reading = Task { try await all(flow) }
    await clock.sleepers(1)
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    #expect(opened.entries.count == 1)
  }
}
