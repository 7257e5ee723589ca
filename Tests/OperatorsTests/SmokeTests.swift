// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

struct Hit { var time: Timestamp; var path: String; var bytes: Int }

@Suite struct SmokeTests {
  @Test func `a tumbling window counts`() async throws {
    let topic = Topic<Hit>("hits", clock: ManualClock(1000))
    let flow = topic.flow(
      from: .earliest,
      watermarks: .bounded(by: .milliseconds(5)) { hit, _ in hit.time }
    )
    .filter { $0.bytes > 0 }
    .window(.tumbling(.milliseconds(10)), by: \.path, at: \.time)
    .withTotal()
    .aggregate {
      Count(); Sum(of: \.bytes); TopK(2, of: \.path)
    }
    var iterator = flow.makeAsyncIterator()
    try await topic.publish([1, 2, 11, 9, 30, 3].map { Hit(time: $0, path: "a", bytes: 2) })
    topic.close()
    var seen: [String] = []
    while let r = try await iterator.next() {
      seen.append(
        "\(r.start.milliseconds) \(r.value.0) \(r.value.1) \(r.total?.0 ?? 0) \(r.isFinal)"
      )
    }
    #expect(seen == ["0 3 6 3 true", "10 1 2 4 true", "30 1 2 5 true"])
  }

  @Test func `throttle keeps the last`() async throws {
    let clock = ManualClock(0)
    let topic = Topic<Int>("n", clock: clock)
    var iterator = topic.flow(from: .earliest).throttle(for: .milliseconds(10), keeping: .both)
      .makeAsyncIterator()
    try await topic.publish([1, 2, 3])
    #expect(try await iterator.next() == 1)
    clock.advance(to: 10)
    #expect(try await iterator.next() == 3)
    topic.close()
    #expect(try await iterator.next() == nil)
  }
}
