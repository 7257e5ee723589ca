// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What stands in the documentation of aggregates, and blocks of every size.
@Suite struct AggregateBlockTests {
  private func result<A: Aggregate<Int, Result>, Result>(
    @AggregateBuilder<Int> _ build: () -> A
  ) -> Result {
    build().result(of: [1, 2, 3, 3, 4], cutAt: 3)
  }

  @Test func `five to eight aggregates give a tuple in order`() {
    let five = result {
      Count()
      Sum(of: { $0 })
      Min(of: { $0 })
      Max(of: { $0 })
      Last()
    }
    #expect(five.0 == 5 && five.1 == 13 && five.2 == 1 && five.3 == 4 && five.4 == 4)
    let six = result {
      Max(of: { $0 })
      Count()
      Sum(of: { $0 })
      Min(of: { $0 })
      First()
      Mean(of: { $0 })
    }
    #expect(six.0 == 4 && six.1 == 5 && six.2 == 13 && six.3 == 1 && six.4 == 1 && six.5 == 2.6)
    let seven = result {
      Count()
      Sum(of: { $0 })
      Min(of: { $0 })
      Distinct(of: { $0 })
      Max(of: { $0 })
      First()
      Last()
    }
    #expect(seven.0 == 5 && seven.1 == 13 && seven.2 == 1 && seven.3.count == 4)
    #expect(seven.4 == 4 && seven.5 == 1 && seven.6 == 4)
    let eight = result {
      Last()
      First()
      Max(of: { $0 })
      Collect(upTo: 2)
      Min(of: { $0 })
      Sum(of: { $0 })
      Count()
      Reduced(into: 0) {
        $0 ^= $1
      } merging: {
        $0 ^= $1
      }
    }
    #expect(eight.0 == 4 && eight.1 == 1 && eight.2 == 4 && eight.3.values == [1, 2])
    #expect(eight.4 == 1 && eight.5 == 13 && eight.6 == 5 && eight.7 == 1 ^ 2 ^ 4)
  }

  private struct Request: Sendable {
    let time: Timestamp
    let path: String
    let address: String
    let status: Int
    let latency: Double
  }

  private static let requests: [Request] = (0..<500).map { (index: Int) -> Request in
    Request(
      time: Timestamp(milliseconds: Int64(index) * 2),
      path: "/\(index % 7)",
      address: "10.0.0.\(index % 200)",
      status: index % 10 == 0 ? 404 : 200,
      latency: Double(index + 1)
    )
  }

  @Test func `a block in windows is merged over their panes`() async throws {
    let topic = Topic<Request>("requests", clock: ManualClock(1_000))
    let windows = topic.flow(from: .earliest, watermarks: .bounded(by: .zero, at: \.time))
      .window(.sliding(.milliseconds(1_000), every: .milliseconds(250)), at: \.time)
      .aggregate {
        Count()
        Quantiles(of: \.latency, at: [0.5, 0.99])
        TopK(2, of: \.path)
        ApproximateDistinct(of: \.address)
        Histogram(of: \.latency, boundaries: [100, 250])
        Rate(at: \.time, halfLife: .seconds(10))
        Latest(of: \.status, at: \.time)
        Maximum(by: \.latency)
      }
    try await topic.publish(Self.requests)
    topic.close()
    var iterator = windows.makeAsyncIterator()
    var found: [WindowResult<NoKey, Int>] = []
    while let window = try await iterator.next() {
      let (count, quantiles, top, addresses, histogram, rate, status, slowest) = window.value
      found.append(
        WindowResult(start: window.start, end: window.end, key: NoKey(), value: count)
      )
      guard window.start == 0 else { continue }
      #expect(isClose(quantiles[0.5], 250, within: 0.01))
      #expect(isClose(quantiles[0.99], 495, within: 0.01))
      #expect(top.top.map(\.value) == ["/0", "/1"])
      #expect(addresses == DistinctEstimate(count: 200, standardError: 0))
      #expect(histogram.counts == [99, 150, 251])
      #expect(rate.perSecond(at: window.end) > 30)
      #expect(status == 200 && slowest?.latency == 500)
    }
    #expect(found.map(\.value) == [125, 250, 375, 500, 375, 250, 125])
  }
}
