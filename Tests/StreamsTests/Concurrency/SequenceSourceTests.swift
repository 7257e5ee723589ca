// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Synchronization
import Testing
import WeirTesting

@Suite struct SequenceSourceTests {
  private let clock = ManualClock(5)

  /// Numbers on demand, as many as are asked for; says how many were.
  private struct Counting: AsyncSequence, AsyncIteratorProtocol, Sendable {
    let pulled: Diary<Int>
    var next = 0
    var witness: Witness?

    func makeAsyncIterator() -> Counting { self }

    mutating func next() async throws -> Int? {
      next += 1
      pulled.note(next)
      return next
    }
  }

  @Test func `elements come in order, at instants of the clock`() async throws {
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let reader = stream.flow(clock: clock).source.makeReader()
    #expect(reader.notify {} != nil)
    continuation.yield(1)
    let first = try #require(try await reader.next())
    #expect(first.seen == [.entry(1, offset: 1, appended: 5)])
    clock.advance(to: 9)
    continuation.yield(2)
    let second = try #require(try await reader.next())
    #expect(second.seen == [.entry(2, offset: 2, appended: 9)])
    continuation.finish()
    #expect(try await reader.next() == nil)
    #expect(try await reader.next() == nil)
  }

  @Test func `each iteration begins a new iteration of the sequence`() async throws {
    let made = Diary<Int>()
    let flow = Flow.sequence(clock: clock) {
      made.note(1)
      return AsyncStream<Int> { continuation in
        for number in 1...3 { continuation.yield(number) }
        continuation.finish()
      }
    }
    #expect(made.entries.isEmpty)
    #expect(try await all(flow) == [1, 2, 3])
    #expect(try await all(flow.map { $0 * 2 }) == [2, 4, 6])
    #expect(made.entries.count == 2)
  }

  @Test(arguments: [1, 7, 1_024])
  func `the sequence is not pulled while the buffer is full`(capacity: Int) async throws {
    let pulled = Diary<Int>()
    let flow = Counting(pulled: pulled).flow(batching: 4, capacity: capacity, clock: clock)
    let reader = flow.source.makeReader()
    var expected = 0
    _ = try reader.poll(limit: 1, until: .never)
    for _ in 0..<20 {
      await eventually { pulled.entries.count >= expected + capacity }
      for _ in 0..<50 { await Task.yield() }
      #expect(pulled.entries.count <= expected + capacity + 4)
      guard let batch = try await reader.next(limit: 9) else { break }
      #expect(batch.count <= 4)
      for element in batch.elements {
        expected += 1
        #expect(element == expected)
      }
    }
    #expect(expected >= 20)
  }

  @Test func `what gathers within the span has one instant, and no wait`() async throws {
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let reader = stream.flow(within: .milliseconds(10), clock: clock).source.makeReader()
    _ = try reader.poll(limit: 1, until: .never)
    for (number, instant) in [(1, 5), (2, 8), (3, 14), (4, 15), (5, 16)] as [(Int, Int64)] {
      clock.advance(to: Timestamp(milliseconds: instant))
      continuation.yield(number)
      await eventually { reader.plan?.stages[0]["in"] == UInt64(number) }
    }
    let batch = try #require(try await reader.next())
    let instants = batch.seen.map { seen -> Timestamp? in
      if case .entry(_, _, let appended) = seen { appended } else { nil }
    }
    #expect(instants == [5, 5, 5, 15, 15])
  }

  @Test func `a promise of silence is kept`() async throws {
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let reader = stream.flow(clock: clock).source.makeReader()
    let promise = try #require(try await reader.next(until: 5))
    #expect(promise.silentThrough == 5)
    continuation.yield(1)
    let batch = try #require(try await reader.next())
    #expect(batch.seen == [.entry(1, offset: 1, appended: 6)])
  }

  @Test func `an error comes behind what came before it`() async throws {
    let flow = Flow.sequence(clock: clock) {
      AsyncThrowingStream<Int, any Error> { continuation in
        for number in 1...500 { continuation.yield(number) }
        continuation.finish(throwing: Mishap())
      }
    }
    var seen: [Int] = []
    await #expect(throws: Mishap.self) {
      for try await number in flow { seen.append(number) }
    }
    #expect(seen == Array(1...500))
  }

  @Test func `a consumer that is cancelled frees the sequence`() async throws {
    weak var witness: Witness?
    let pulled = Diary<Int>()
    let task = {
      let made = Witness()
      witness = made
      let lent = Counting(pulled: pulled, witness: made)
      return Task { try await all(lent.flow(capacity: 3)) }
    }()
    await eventually { pulled.entries.count > 100 }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    await eventually { witness == nil }
    let count = pulled.entries.count
    for _ in 0..<50 { await Task.yield() }
    #expect(pulled.entries.count == count)
  }

  @Test func `a consumer that waits is cancelled and frees the sequence`() async throws {
    let ended = Diary<Int>()
    let flow = Flow.sequence {
      AsyncStream<Int> { continuation in
        continuation.onTermination = { _ in ended.note(1) }
        continuation.yield(1)
      }
    }
    let task = Task {
      var iterator = flow.makeAsyncIterator()
      #expect(try await iterator.next() == 1)
      ended.note(0)
      return try await iterator.next()
    }
    await eventually { ended.entries == [0] }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    await eventually { ended.entries == [0, 1] }
  }

  @Test func `a throttle behind it fires before the end`() async throws {
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let flow = stream.flow(clock: clock).throttle(for: .milliseconds(4), keeping: .both)
    let sink = ProbeSink<Int>()
    let running = Task { try await flow.pipeline("p", into: sink).run() }
    continuation.yield(1)
    await eventually { sink.elements == [1] }
    continuation.yield(2)
    await clock.sleepers(1)
    clock.advance(to: 20)
    continuation.finish()
    try await running.value
    #expect(sink.elements == [1, 2])
  }
}
