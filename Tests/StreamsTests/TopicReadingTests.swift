// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct TopicReadingTests {
  /// A topic that keeps the offsets 7 to 10.
  private func shortened() async throws -> Topic<Int> {
    let topic = Topic<Int>("t", retention: Retention(maximumCount: 4), clock: ManualClock(1))
    for value in 1...10 { try await topic.publish([value]) }
    return topic
  }

  @Test func `entries that are gone are told before what follows`() async throws {
    let topic = try await shortened()
    var position = topic.position(after: 3)
    let batch = topic.read(from: &position, limit: 2)
    #expect(
      batch.seen == [
        .gap(from: 4, to: 6), .entry(7, offset: 7, appended: 1), .entry(8, offset: 8, appended: 1),
      ]
    )
    #expect((batch.count, batch.elements) == (2, [7, 8]))
    #expect(position.next == 9)
    #expect(Gap(from: 4, to: 6).count == 3)
  }

  @Test func `a position behind the newest entry is the end`() async throws {
    let topic = try await shortened()
    for offset: Offset in [10, 11, .max] { #expect(topic.position(after: offset) == topic.end) }
  }

  @Test func `a cursor is recovered where its offset is next or kept`() async throws {
    let topic = try await shortened()
    for (offset, next) in [(6, 7), (7, 8), (10, 11)] as [(Offset, Offset)] {
      let opening = Cursor(topic, from: .after(topic.epoch, offset)).opening
      #expect(opening.isRecovered)
      #expect(opening.position.next == next)
    }
  }

  @Test func `a cursor is not recovered where its offset is gone or was never given`()
    async throws
  {
    let topic = try await shortened()
    for offset: Offset in [0, 5, 11, .max] {
      let opening = Cursor(topic, from: .after(topic.epoch, offset)).opening
      #expect(!opening.isRecovered)
      #expect(opening.position == topic.earliest)
    }
  }

  @Test func `a cursor of another epoch is not recovered`() async throws {
    let topic = Topic<Int>("t", epoch: Epoch(rawValue: 7))
    try await topic.publish([1, 2])
    let opening = Cursor(topic, from: .after(Epoch(rawValue: 8), 1)).opening
    #expect(!opening.isRecovered)
    #expect(opening.position.next == 1)
  }

  @Test func `an empty topic is recovered from offset zero`() {
    let topic = Topic<Int>("t")
    #expect(Cursor(topic, from: .after(topic.epoch, 0)).opening.isRecovered)
    #expect(!Cursor(topic, from: .after(topic.epoch, 1)).opening.isRecovered)
  }

  @Test func `latest starts behind the newest entry, earliest before the oldest`() async throws {
    let topic = try await shortened()
    #expect(Cursor(topic, from: .latest).position.next == 11)
    #expect(Cursor(topic, from: .earliest).position.next == 7)
  }

  @Test func `a batch that was handed out is not changed by what follows`() async throws {
    let topic = try await shortened()
    var position = topic.earliest
    let batch = topic.read(from: &position, limit: 10)
    for value in 11...500 { try await topic.publish([value]) }
    #expect(batch.elements == [7, 8, 9, 10])
  }

  @Test func `a run is a collection of entries of one instant`() async throws {
    let topic = Topic<Int>("t", clock: ManualClock(1))
    try await topic.publish([6, 7, 8, 9, 10])
    var position = topic.position(after: 1)
    guard case .run(let run) = topic.read(from: &position, limit: 3).items.first else {
      Issue.record("the first item is a run")
      return
    }
    #expect((run.firstOffset, run.lastOffset, run.appended) == (2, 4, 1))
    #expect(Array(run) == [7, 8, 9])
    #expect(run.withElements { Array($0) } == [7, 8, 9])
  }
}
