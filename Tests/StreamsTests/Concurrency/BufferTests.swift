// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct BufferTests {
  private let clock = ManualClock(0)
  private let topic: Topic<Int>

  init() {
    topic = Topic("t", retention: Retention(maximumCount: 8), clock: clock)
  }

  /// Publishes 1…10, one in a millisecond, a watermark behind each, while nobody takes anything.
  private func fill(
    _ overflow: BufferOverflow,
    upTo capacity: Int = 3,
    spanning span: Duration? = nil
  ) async throws -> any FlowReader<Int> {
    let flow = topic.flow(from: .earliest)
      .buffer(upTo: capacity, spanning: span, overflow: overflow)
    let reader = flow.source.makeReader()
    _ = try reader.poll(limit: 1, until: .never)
    for number in 1...10 {
      try await topic.publish([number])
      topic.mark(.watermark(Timestamp(milliseconds: Int64(number))))
      clock.advance(to: clock.now + .milliseconds(1))
    }
    topic.close()
    return reader
  }

  private func expectConserved(_ reader: any FlowReader<Int>, dropped: UInt64) throws {
    let stage = try #require(reader.plan?.stages.last)
    #expect(stage["in"] == stage["out"] + stage["dropped"] + stage["buffered"])
    #expect(stage["dropped"] == dropped)
  }

  @Test func `a full buffer drops the oldest, and keeps the newest watermark before the rest`()
    async throws
  {
    let reader = try await fill(.dropOldest)
    await eventually { reader.plan?.stages.last?["in"] == 10 }
    try expectConserved(reader, dropped: 7)
    let seen = try await Lent(reader).value.everything()
    #expect(
      seen.filter { $0 != .mark(.watermark(.never), appended: 10) } == [
        .mark(.watermark(7), appended: 6),
        .entry(8, offset: 8, appended: 7), .mark(.watermark(8), appended: 7),
        .entry(9, offset: 9, appended: 8), .mark(.watermark(9), appended: 8),
        .entry(10, offset: 10, appended: 9), .mark(.watermark(10), appended: 9),
      ]
    )
    try expectConserved(reader, dropped: 7)
  }

  @Test func `a full buffer leaves out the newest`() async throws {
    let reader = try await fill(.dropNewest)
    await eventually { reader.plan?.stages.last?["in"] == 10 }
    #expect(try await everything(reader) == [1, 2, 3])
    try expectConserved(reader, dropped: 7)
  }

  @Test func `a full buffer ends the flow behind what it holds`() async throws {
    let reader = try await fill(.fail)
    var elements: [Int] = []
    await #expect(throws: BufferError.overflow(capacity: 3)) {
      while let batch = try await reader.next() { elements += batch.elements }
    }
    #expect(elements == [1, 2, 3])
    #expect(try reader.poll(limit: 1, until: .never).isEnd)
  }

  @Test func `what lies too far apart is too much`() async throws {
    let reader = try await fill(.dropOldest, upTo: 100, spanning: .milliseconds(4))
    await eventually { reader.plan?.stages.last?["in"] == 10 }
    #expect(try await everything(reader) == [7, 8, 9, 10])
    try expectConserved(reader, dropped: 6)
  }

  @Test func `a full buffer reads no further, and goes on when it is emptied`() async throws {
    let wide = Topic<Int>("wide", clock: clock)
    let reader = wide.flow(from: .earliest).buffer(upTo: 7).source.makeReader()
    _ = try reader.poll(limit: 5, until: .never)
    try await wide.publish(Array(1...100))
    wide.close()
    var elements: [Int] = []
    for taken in stride(from: 0, to: 100, by: 5) {
      await eventually { reader.plan?.stages.last?["in"] == UInt64(min(100, taken + 7)) }
      guard case .batch(let batch) = try reader.poll(limit: 5, until: .never) else { break }
      #expect(batch.count == 5)
      elements += batch.elements
    }
    #expect(elements == Array(1...100))
  }

  @Test func `buffers before a merge change nothing`() async throws {
    for seed in 0..<20 {
      let clock = ManualClock(0)
      let topics = [Topic<Int>("a", clock: clock), Topic<Int>("b", clock: clock)]
      let (left, right) = (topics[0].flow(from: .earliest), topics[1].flow(from: .earliest))
      let live = ProbeSink<Int>("live")
      let buffered = left.buffer(upTo: 3).merge(right.map { -$0 }.buffer(upTo: seed % 3 + 1))
      let running = Task { [pipeline = buffered.pipeline("live", into: live)] in
        try await pipeline.run()
      }
      var random = SeededGenerator(seed)
      for number in 1...60 {
        try await topics[Int.random(in: 0...1, using: &random)].publish([number])
        if Bool.random(using: &random) { clock.advance(by: .milliseconds(1)) }
        for _ in 0..<Int.random(in: 0...9, using: &random) { await Task.yield() }
      }
      for topic in topics { topic.close() }
      try await running.value
      let expected = ProbeSink<Int>("plain")
      try await left.merge(right.map { -$0 }).pipeline("plain", into: expected).run()
      #expect(live.items == expected.items, "seed \(seed)")
    }
  }

  /// A random log with marks, written while it is read.
  private func write(_ topic: Topic<Int>, _ clock: ManualClock, seed: Int) async throws {
    var random = SeededGenerator(seed)
    for number in 0..<80 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1: clock.advance(to: clock.now + .milliseconds(Int.random(in: 1...6, using: &random)))
      case 2: topic.mark(.watermark(clock.now - .milliseconds(3)))
      case 3 where number % 9 == 0: topic.mark(.endOfInput)
      default:
        let count = Int.random(in: 1...5, using: &random)
        try await topic.publish((0..<count).map { number * 10 + $0 })
      }
      for _ in 0..<Int.random(in: 0...9, using: &random) { await Task.yield() }
    }
    topic.close()
  }

  @Test(arguments: [nil, Duration.milliseconds(2)])
  func `a buffer that holds back changes nothing`(span: Duration?) async throws {
    for seed in 0..<40 {
      let clock = ManualClock(0)
      let topic = Topic<Int>("t", clock: clock)
      let plain = topic.flow(from: .earliest)
      let buffered = plain.buffer(upTo: seed % 4 + 1, spanning: span)
      let live = ProbeSink<Int>("live")
      let running = Task {
        [pipeline = buffered.debounce(for: .milliseconds(3)).pipeline("live", into: live)] in
        try await pipeline.run()
      }
      try await write(topic, clock, seed: seed)
      try await running.value
      let expected = ProbeSink<Int>("plain")
      try await plain.debounce(for: .milliseconds(3)).pipeline("plain", into: expected).run()
      #expect(live.items == expected.items, "seed \(seed)")
      #expect(!live.elements.isEmpty)
    }
  }

  @Test func `a source that waits is read no further than the span`() async throws {
    let topic = Topic<Int>("slow", clock: clock)
    for number in 0..<100 {
      clock.advance(to: Timestamp(milliseconds: Int64(number)))
      try await topic.publish([number, number])
    }
    topic.close()
    let reader = topic.flow(from: .earliest).buffer(upTo: 1_000, spanning: .milliseconds(3))
      .source.makeReader()
    _ = try reader.poll(limit: 1, until: .never)
    await eventually { (reader.plan?.stages.last?["heldBack"] ?? 0) > 0 }
    #expect(reader.plan?.stages.last?["buffered"] == 6)
    var most: UInt64 = 0
    var elements: [Int] = []
    while let batch = try await reader.next(limit: 1) {
      elements += batch.elements
      most = max(most, reader.plan?.stages.last?["buffered"] ?? 0)
    }
    #expect(elements == (0..<100).flatMap { [$0, $0] })
    #expect(most <= 6)
  }

  @Test func `a buffer may be as large as one likes`() async throws {
    let reader = topic.flow(from: .earliest).buffer(upTo: .max).source.makeReader()
    try await topic.publish([1])
    topic.close()
    #expect(try await everything(reader) == [1])
  }

  @Test func `a merge goes on beside a buffered input that is silent`() async throws {
    let silent = Topic<Int>("silent", clock: clock)
    let flow = topic.flow(from: .earliest).merge(silent.flow(from: .earliest).buffer(upTo: 4))
    let sink = ProbeSink<Int>()
    let running = Task { [pipeline = flow.pipeline("p", into: sink)] in try await pipeline.run() }
    for number in 1...20 {
      try await topic.publish([number])
      clock.advance(by: .milliseconds(1))
      await eventually { sink.elements.count == number }
    }
    #expect(sink.elements == Array(1...20))
    running.cancel()
  }

  @Test func `what becomes of failures behind a buffer is said before it`() async throws {
    try await topic.publish([1, 2, 3])
    topic.close()
    let flow = topic.flow(from: .earliest).supervised(.skip()).buffer(upTo: 4).map { number in
      if number == 2 { throw Mishap() }
      return number
    }
    #expect(try await all(flow) == [1, 3])
  }

  @Test func `a silence is promised though nothing is read ahead`() async throws {
    var iterator = topic.flow(from: .earliest).buffer(upTo: 4).debounce(for: .milliseconds(5))
      .makeAsyncIterator()
    try await topic.publish([1])
    async let debounced = iterator.next()
    clock.advance(to: 6)
    #expect(try await debounced == 1)
  }

  @Test func `a buffer that is paused holds nobody back`() async throws {
    let reader = topic.flow(from: .earliest).buffer(upTo: 2).source.makeReader()
    _ = try reader.poll(limit: 1, until: .never)
    try await topic.publish([1, 2])
    await eventually { reader.plan?.stages.last?["in"] == 2 }
    reader.pause()
    for number in 3...40 { try await topic.publish([number]) }
    topic.close()
    var (missed, elements): (UInt64, [Int]) = (0, [])
    for seen in try await Lent(reader).value.everything() {
      if case .gap(let from, let to) = seen { missed += to - from + 1 }
      if case .entry(let number, _, _) = seen { elements.append(number) }
    }
    #expect(missed + UInt64(elements.count) == 40 && missed > 0)
    #expect(elements.first == 1 && elements.last == 40)
  }

  @Test func `a buffer throws what its source throws, and frees it when it is left`() async throws {
    weak var witness: Witness?
    let reading = {
      let made = Witness()
      witness = made
      let flow = topic.flow(from: .earliest).map { ($0, made) }.buffer(upTo: 4)
      return Task { for try await _ in flow {} }
    }()
    try await topic.publish([1])
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    await eventually { witness == nil && topic.statistics.heldLag == 0 }
    let failing = Flow.sequence {
      AsyncThrowingStream<Int, any Error> {
        $0.yield(1); $0.finish(throwing: Mishap())
      }
    }
    var elements: [Int] = []
    await #expect(throws: Mishap.self) {
      for try await element in failing.buffer(upTo: 4) { elements.append(element) }
    }
    #expect(elements == [1])
  }

  private func everything(_ reader: any FlowReader<Int>) async throws -> [Int] {
    var elements: [Int] = []
    while let batch = try await reader.next() { elements += batch.elements }
    return elements
  }
}

extension Poll {
  fileprivate var isEnd: Bool {
    if case .end = self { true } else { false }
  }
}
