// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct ConcurrencyTests {
  /// Reads until `count` entries were seen.
  private static func read(_ cursor: Cursor<Int>, count: Int, limit: Int) async throws -> [Int] {
    var seen: [Int] = []
    while seen.count < count, let batch = try await cursor.next(limit: limit) {
      seen += batch.elements
    }
    return seen
  }

  @Test func `concurrent publishers are ordered the same for every lossless reader`()
    async throws
  {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 64))
    let total = 4 * 500 * 3
    let readings = try await withThrowingTaskGroup(of: [Int].self) { group in
      for limit in [1, 7, 256] {
        let cursor = Lent(Cursor(topic))
        group.addTask { try await Self.read(cursor.value, count: total, limit: limit) }
      }
      for publisher in 0..<4 {
        group.addTask {
          for number in 0..<500 {
            let first = publisher * 10_000 + number * 3
            try await topic.publish([first, first + 1, first + 2])
          }
          return []
        }
      }
      return try await group.reduce(into: [[Int]]()) { if !$1.isEmpty { $0.append($1) } }
    }
    #expect(readings.count == 3)
    for reading in readings {
      #expect(reading == readings[0])
      #expect(reading.count == total)
    }
    let atomic = stride(from: 0, to: total, by: 3).allSatisfy { index in
      readings[0][index + 1] == readings[0][index] + 1
        && readings[0][index + 2] == readings[0][index] + 2
    }
    #expect(atomic, "three that were published together stand together")
    for publisher in 0..<4 {
      let own = readings[0].filter { $0 / 10_000 == publisher }
      #expect(own == own.sorted(), "a publisher's own order is kept")
    }
  }

  @Test func `readers, marks, statistics and publishers go together`() async throws {
    let topic = Topic<[Int]>("t", retention: Retention(maximumCount: 300))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for publisher in 0..<2 {
        group.addTask {
          for number in 0..<1_000 { try await topic.publish([[publisher, number]]) }
        }
      }
      group.addTask {
        for number in 0..<1_000 {
          topic.mark(.watermark(Timestamp(milliseconds: Int64(number))))
          _ = topic.statistics
        }
      }
      for _ in 0..<2 {
        group.addTask {
          var position = topic.earliest
          var last: Offset = 0
          while last < 2_000 {
            for case .run(let run) in topic.read(from: &position, limit: 50).items {
              #expect(run.firstOffset > last)
              last = run.lastOffset
              _ = run.withElements { $0.reduce(0) { $0 + $1[1] } }
            }
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(topic.statistics.published == 2_000)
  }
}
