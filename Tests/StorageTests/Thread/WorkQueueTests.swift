// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing

@testable import Storage

@Suite struct WorkQueueTests {
  private func take(_ queue: WorkQueue<Int>, bytes: Int = .max) -> [Int]? {
    switch queue.takeGroup(maximumBytes: bytes, waitingMilliseconds: 0) {
    case .work(let items): items
    case .idle: []
    case .ended: nil
    }
  }

  @Test func `a group takes what waits, in order, up to its bytes`() {
    let queue = WorkQueue<Int>(maximumCount: 10, maximumBytes: 100)
    #expect(take(queue) == [])
    for item in 1...5 { #expect(queue.offer(item, bytes: item) == nil) }
    #expect(take(queue, bytes: 6) == [1, 2, 3])
    #expect(take(queue, bytes: 1) == [4])
    #expect(queue.offer(6, bytes: 1) == nil)
    #expect(take(queue) == [5, 6])
    #expect(queue.statistics == QueueStatistics(count: 0, bytes: 0, peakCount: 5, refused: 0))
  }

  @Test func `what is too much is refused, and one large item is not`() {
    let queue = WorkQueue<Int>(maximumCount: 2, maximumBytes: 10)
    #expect(queue.offer(1, bytes: 11) == nil)
    #expect(queue.offer(2, bytes: 1) == .bytes(limit: 10))
    #expect(take(queue) == [1])
    #expect(queue.offer(3, bytes: 5) == nil)
    #expect(queue.offer(4, bytes: 5) == nil)
    #expect(queue.offer(5, bytes: 0) == .count(limit: 2))
    #expect(queue.statistics.refused == 2)
  }

  @Test func `a closed queue is served to its end`() {
    let queue = WorkQueue<Int>(maximumCount: 2, maximumBytes: 10)
    _ = queue.offer(1, bytes: 0)
    queue.close()
    #expect(queue.offer(2, bytes: 0) == .closed)
    #expect(queue.takeOne() == 1)
    #expect(queue.takeOne() == nil)
    #expect(take(queue) == nil)
  }

  @Test func `items of many turns keep their order`() {
    let queue = WorkQueue<Int>(maximumCount: 100_000, maximumBytes: .max)
    var (next, expected) = (0, 0)
    var random = SeededRandom(seed: 5)
    for _ in 0..<300 {
      for _ in 0..<Int.random(in: 0...60, using: &random) {
        _ = queue.offer(next, bytes: 1)
        next += 1
      }
      for item in take(queue, bytes: Int.random(in: 1...50, using: &random)) ?? [] {
        #expect(item == expected)
        expected += 1
      }
    }
    for item in take(queue) ?? [] {
      #expect(item == expected)
      expected += 1
    }
    #expect(expected == next)
  }

  @Test func `threads that wait are woken`() async {
    let queue = WorkQueue<Int>(maximumCount: 10, maximumBytes: 100)
    let seen = Monitor<[Int]>([])
    let ended = AsyncStream<Void>.makeStream()
    #expect(
      DedicatedThread.start("test") {
        while let item = queue.takeOne() {
          seen.withLock { seen in
            seen.append(item)
            return ((), false)
          }
        }
        ended.continuation.finish()
      }
    )
    for item in 0..<5 { _ = queue.offer(item, bytes: 1) }
    queue.close()
    for await _ in ended.stream {}
    #expect(seen.withLock { ($0, false) } == [0, 1, 2, 3, 4])
  }
}
