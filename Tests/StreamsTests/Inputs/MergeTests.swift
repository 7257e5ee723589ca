// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct MergeTests {
  private let clock = ManualClock(0)
  private let first: Topic<Int>
  private let second: Topic<Int>

  init() {
    first = Topic("first", clock: clock)
    second = Topic("second", clock: clock)
  }

  private var merged: Flow<Identity<Int>> {
    first.flow(from: .earliest).merge(second.flow(from: .earliest))
  }

  private func publish(_ steps: [(Timestamp, Topic<Int>, Int)]) async throws {
    for (instant, topic, value) in steps {
      clock.advance(to: instant)
      try await topic.publish([value])
    }
  }

  private func seen(_ flow: Flow<Identity<Int>>, limit: Int = 256) async throws -> [Seen<Int>] {
    try await flow.makeReader().everything { limit }.flatMap(\.seen)
  }

  @Test func `entries come by instant, those of one instant by input`() async throws {
    try await publish([(1, second, 21), (2, first, 12), (2, second, 22), (2, first, 13)])
    try await publish([(3, second, 23)])
    first.close()
    second.close()
    let elements = try await seen(merged).compactMap { seen in
      if case .entry(let value, _, _) = seen { value } else { nil }
    }
    #expect(elements == [21, 12, 13, 22, 23])
  }

  @Test(arguments: 0..<30)
  func `random logs come sorted by instant, input and offset`(seed: Int) async throws {
    var writer = LogWriter(3, seed: seed)
    try await writer.write()
    var expected: [(Timestamp, Int, Offset, Note)] = []
    for (index, topic) in writer.topics.enumerated() {
      for case .entry(let note, let offset, let appended) in topic.everything(from: topic.earliest)
      {
        expected.append((appended, index, offset, note))
      }
    }
    expected.sort { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }
    var random = SeededGenerator(seed)
    let flow = writer.flow(0).merge(writer.flow(1), writer.flow(2))
    var limit = 0
    for batch in try await flow.makeReader().everything(limit: {
      limit = Int.random(in: 1...9, using: &random)
      return limit
    }) {
      #expect(batch.count <= 9)
      for case .entry(let note, let offset, let appended) in batch.seen {
        let next = expected.removeFirst()
        #expect((appended, offset, note) == (next.0, next.2, next.3))
      }
    }
    #expect(expected.isEmpty)
  }

  @Test(arguments: 0..<20)
  func `what comes, marks and all, does not depend on the size of batches`(
    seed: Int
  ) async throws {
    var writer = LogWriter(3, seed: seed)
    try await writer.write()
    let flow = writer.flow(0, LogWriter.byTime).merge(
      writer.flow(1, LogWriter.byTime.onSilence(.idleAfter(.milliseconds(15)))),
      writer.flow(2).throttle(for: .milliseconds(4), by: \.key, keeping: .both)
    )
    let whole = try await flow.makeReader().everything { 256 }.flatMap(\.seen)
    var random = SeededGenerator(seed)
    let parts = try await flow.makeReader().everything {
      Int.random(in: 1...4, using: &random)
    }
    .flatMap(\.seen)
    #expect(whole.map(\.withoutOffset) == parts.map(\.withoutOffset))
  }

  @Test func `a reader gives no more than it is asked for, and goes on within a run`()
    async throws
  {
    try await first.publish([1, 2, 3, 4, 5])
    first.close()
    second.close()
    let batches = try await merged.makeReader().everything { 2 }
    #expect(batches.map(\.elements) == [[1, 2], [3, 4], [5]])
  }

  @Test func `an entry waits until no input can say anything earlier`() async throws {
    let reader = merged.makeReader()
    try await publish([(5, second, 1)])
    guard case .batch(let batch) = try reader.poll(limit: 9, until: .never) else {
      Issue.record("the clock promises that the other says nothing before 5")
      return
    }
    #expect(batch.elements == [1])
    let receipt = try await first.publish([2])
    #expect(receipt.appended == 6)
  }

  @Test func `an input that ends counts until its end and no longer`() async throws {
    clock.advance(to: 1)
    first.mark(.watermark(10))
    second.mark(.watermark(20))
    clock.advance(to: 3)
    first.close()
    try await publish([(4, second, 7)])
    second.close()
    #expect(
      try await seen(merged) == [
        .mark(.watermark(10), appended: 1), .mark(.watermark(20), appended: 4),
        .entry(7, offset: 1, appended: 4),
      ]
    )
  }

  @Test func `the end of input is told when all have given what they had`() async throws {
    clock.advance(to: 1)
    first.mark(.endOfInput)
    try await publish([(2, second, 1)])
    second.mark(.endOfInput)
    try await publish([(3, first, 2)])
    clock.advance(to: 4)
    second.close()
    first.mark(.endOfInput)
    #expect(
      try await seen(merged) == [
        .entry(1, offset: 1, appended: 2), .mark(.endOfInput, appended: 2),
        .entry(2, offset: 1, appended: 3), .mark(.endOfInput, appended: 4),
      ]
    )
  }

  @Test func `an input that is silent for so long is not waited for, until it has caught up`()
    async throws
  {
    let flow = first.flow(
      from: .earliest,
      watermarks: .fromSource.onSilence(.idleAfter(.milliseconds(10)))
    ).merge(second.flow(from: .earliest))
    clock.advance(to: 1)
    first.mark(.watermark(1))
    for instant in [Timestamp(milliseconds: 2), 8, 13] {
      clock.advance(to: instant)
      second.mark(.watermark(instant))
    }
    clock.advance(to: 14)
    first.mark(.watermark(5))
    clock.advance(to: 15)
    second.mark(.watermark(14))
    first.mark(.watermark(20))
    clock.advance(to: 16)
    second.mark(.watermark(16))
    first.close()
    second.close()
    #expect(
      try await seen(flow) == [
        .mark(.watermark(1), appended: 2), .mark(.watermark(8), appended: 11),
        .mark(.watermark(13), appended: 13), .mark(.watermark(14), appended: 15),
        .mark(.watermark(16), appended: 16),
      ]
    )
  }

  @Test func `all that were open when they ended end the merge, deadlines before that fire`()
    async throws
  {
    try await publish([(0, first, 1), (1, first, 2)])
    clock.advance(to: 20)
    first.close()
    second.close()
    clock.advance(to: 100)
    let items = ProbeSink<String>()
    try await merged.throttle(for: .milliseconds(7)).apply(Stamp()).pipeline("p", into: items).run()
    #expect(items.elements == ["2@7"])
    let late = ProbeSink<String>()
    try await merged.throttle(for: .milliseconds(90)).apply(Stamp()).pipeline("p", into: late).run()
    #expect(late.elements == ["2@21"])
  }
}

/// Says when it was given each element.
struct Stamp<Element: Sendable>: StatelessOperator {
  mutating func receive(_ element: Element, at now: Timestamp, _ emit: (String) -> Void) {
    emit("\(element)@\(now.milliseconds)")
  }

  var stages: [StageStatistics] { [] }
}

extension Seen {
  /// The same, wherever it stood in its log.
  var withoutOffset: Seen {
    if case .entry(let element, _, let appended) = self {
      .entry(element, offset: 0, appended: appended)
    } else {
      self
    }
  }
}
