// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct CursorConservationTests {
  static let policies: [(name: String, policy: OverrunPolicy<Progress>)] = [
    ("holdBack", .holdBack), ("skip", .skip), ("latest", .latest(by: \.key)),
    ("latest terminal", .latest(by: \.key, terminal: { $0.isDone })),
    ("latest bounded", .latest(by: \.key, terminal: { $0.isDone }, maximumKeys: 3)),
    ("sample", .sample(every: .milliseconds(7))), ("fail", .fail), ("fail after", .fail(after: 5)),
  ]

  /// Publishes, waits and reads at random; at each instant in = out + dropped + conflated + buffered.
  @Test(arguments: policies.indices, 0..<20)
  func `every entry is delivered, dropped, conflated or unread`(place: Int, seed: Int) async throws
  {
    var random = SeededGenerator(seed)
    let (name, policy) = Self.policies[place]
    let clock = ManualClock(0)
    let age: Duration? = seed % 4 == 0 ? .milliseconds(30) : nil
    let retention = Retention(maximumCount: 10, maximumAge: age)
    let topic = Topic<Progress>("t", retention: retention, clock: clock)
    try await topic.publish([Progress(0, 0), Progress(1, 0)])
    let cursor = Cursor(topic, from: seed % 2 == 0 ? .latest : .earliest, overrun: policy)
    let start = topic.statistics.lastOffset - (seed % 2 == 0 ? 0 : 2)
    var tally = Tally()
    var former = cursor.statistics
    for step in 0..<120 {
      clock.advance(to: clock.now + .milliseconds(Int.random(in: 0...3, using: &random)))
      if Bool.random(using: &random) {
        _ = topic.offer(
          [Progress.random(step, keys: 5, rarity: 3, using: &random)],
          completion: { _ in }
        )
      } else if Int.random(in: 0..<4, using: &random) == 0 {
        tally.add(cursor.take(limit: Int.random(in: 1...4, using: &random)))
      } else if Int.random(in: 0..<4, using: &random) == 0, cursor.statistics.buffered > 0,
        place < 5, let batch = try await cursor.next(limit: 3)
      {
        tally.add(batch)
      }
      let now = cursor.statistics
      #expect(now.offered == topic.statistics.lastOffset - start, "\(name) seed \(seed)")
      #expect(now.offered == now.delivered + now.dropped + now.conflated + now.buffered)
      #expect(now.delivered == tally.delivered, "\(name) seed \(seed) step \(step)")
      #expect(now.dropped == tally.dropped, "\(name) seed \(seed) step \(step)")
      #expect(now.conflated >= former.conflated && now.dropped >= former.dropped)
      #expect(now.buffered == topic.end.next - cursor.position.next)
      former = now
    }
    if place < 2 { #expect(former.conflated == 0) }
    if place == 0 || place > 5 { #expect(former.dropped == 0) }
    #expect(tally.offsets == tally.offsets.sorted())
  }
}
