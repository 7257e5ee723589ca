// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct MapAsyncTests {
  private let clock = ManualClock(1)
  private let topic: Topic<Int>
  private let desk = CallDesk<Int, String>()

  init() {
    topic = Topic("t", clock: clock)
  }

  private func calls(
    concurrency: Int,
    ordered: Bool,
    timeout: Duration? = nil
  ) -> Flow<CallOutcomes<String>> {
    topic.flow(from: .earliest)
      .mapAsync(concurrency: concurrency, ordered: ordered, timeout: timeout) { [desk] in
        try await desk.ask($0)
      }
  }

  /// A log with three instants and a watermark in it.
  private func fill() async throws {
    try await topic.publish([1, 2])
    clock.advance(to: 4)
    try await topic.publish([3])
    topic.mark(.watermark(100))
    clock.advance(to: 7)
    try await topic.publish([4, 5])
    topic.close()
  }

  @Test func `in order, results come at the places and instants of their elements`() async throws {
    try await fill()
    let reader = Lent(calls(concurrency: 5, ordered: true).makeReader())
    let seen = Task { try await reader.value.everything() }
    for question in [5, 3, 1, 4, 2] { await desk.answer(question, .success("\(question)")) }
    #expect(
      try await seen.value == [
        .entry("1", offset: 1, appended: 1), .entry("2", offset: 2, appended: 1),
        .entry("3", offset: 3, appended: 4), .mark(.watermark(100), appended: 4),
        .entry("4", offset: 4, appended: 7), .entry("5", offset: 5, appended: 7),
      ]
    )
  }

  @Test func `out of order, results come as they are there, but cross no mark`() async throws {
    try await fill()
    let reader = Lent(calls(concurrency: 5, ordered: false).makeReader())
    let diary = Diary<Seen<String>>()
    let reading = Task {
      while let batch = try await reader.value.next() {
        for entry in batch.seen where entry != .mark(.watermark(.never), appended: 8) {
          diary.note(entry)
        }
      }
    }
    await desk.answer(5, .success("5"))
    await desk.answer(3, .success("3"))
    await eventually { diary.entries.count == 1 }
    await desk.answer(1, .success("1"))
    await eventually { diary.entries.count == 2 }
    await desk.answer(2, .success("2"))
    await eventually { diary.entries.count == 5 }
    await desk.answer(4, .success("4"))
    try await reading.value
    #expect(
      diary.entries == [
        .entry("3", offset: 1, appended: 4), .entry("1", offset: 2, appended: 4),
        .entry("2", offset: 3, appended: 4), .mark(.watermark(100), appended: 4),
        .entry("5", offset: 4, appended: 7), .entry("4", offset: 5, appended: 7),
      ]
    )
  }

  @Test(arguments: [1, 2, 7])
  func `no more calls run than may, and no more is read than a batch`(count: Int) async throws {
    for start in 0..<20 { try await topic.publish(Array(start * 50..<start * 50 + 50)) }
    topic.close()
    let flow = calls(concurrency: count, ordered: true)
    let reader = flow.makeReader()
    _ = try reader.poll(limit: 256, until: .never)
    await eventually { desk.open.count == count }
    #expect(reader.stage("mapAsync")["in"] == UInt64(256 + count))
    let lent = Lent(reader)
    let reading = Task { try await lent.value.everything().count }
    for question in 0..<1_000 { await desk.answer(question, .success("")) }
    #expect(try await reading.value == 1_000)
    #expect(desk.most == count)
    #expect(reader.stage("mapAsync")["succeeded"] == 1_000)
    #expect(reader.stage("mapAsync")["pending"] == 0)
  }

  @Test(arguments: [true, false])
  func `random answers lose nothing and cross no mark`(ordered: Bool) async throws {
    for seed in 0..<30 {
      var random = SeededGenerator(seed)
      let clock = ManualClock(0)
      let topic = Topic<Int>("t", clock: clock)
      let flow = topic.flow(from: .earliest)
        .mapAsync(concurrency: Int.random(in: 1...9, using: &random), ordered: ordered) { number in
          for _ in 0..<(number &* 7919 &+ seed) % 13 { await Task.yield() }
          return number
        }
      let sink = ProbeSink<Int>()
      let running = Task { try await flow.pipeline("p", into: sink).run() }
      for number in 1...200 {
        if number % 20 == 0 { topic.mark(.watermark(Timestamp(milliseconds: Int64(number)))) }
        try await topic.publish([number])
        if Int.random(in: 0..<4, using: &random) == 0 { clock.advance(to: clock.now + .seconds(1)) }
        for _ in 0..<Int.random(in: 0...4, using: &random) { await Task.yield() }
      }
      topic.close()
      try await running.value
      if ordered {
        #expect(sink.elements == Array(1...200))
      } else {
        #expect(sink.elements.sorted() == Array(1...200))
      }
      var newest = 0
      for item in sink.items {
        switch item {
        case .element(let number): #expect(number >= newest)
        case .mark(.watermark(let instant)) where instant < .never:
          newest = Int(instant.milliseconds)
        case .mark: break
        }
      }
    }
  }

  @Test func `a call that fails stops the flow behind the results before it`() async throws {
    try await topic.publish([1, 2, 3])
    let flow = topic.flow(from: .earliest).mapAsync(concurrency: 3) { number in
      if number == 2 { throw Mishap(number: 2) }
      return number
    }
    var seen: [Int] = []
    let failure = await #expect(throws: ElementFailure.self) {
      for try await number in flow { seen.append(number) }
    }
    #expect(seen == [1])
    #expect(failure?.error as? Mishap == Mishap(number: 2))
    #expect(failure?.element as? Int == 2)
    #expect(failure?.stage == "mapAsync")
  }

  @Test func `a call that fails is left out and goes to the dead letters`() async throws {
    try await topic.publish(Array(1...10))
    topic.close()
    let letters = ProbeSink<ElementFailure>("letters")
    let flow = topic.flow(from: .earliest).supervised(.skip(to: letters))
      .mapAsync(concurrency: 3) { number in
        if number % 3 == 0 { throw Mishap(number: number) }
        return number
      }
    #expect(try await all(flow) == [1, 2, 4, 5, 7, 8, 10])
    #expect(letters.elements.map { ($0.error as? Mishap)?.number } == [3, 6, 9])
  }

  @Test func `a call that takes too long is cancelled and fails`() async throws {
    try await topic.publish([1, 2])
    topic.close()
    let letters = ProbeSink<ElementFailure>("letters")
    let flow = calls(concurrency: 2, ordered: true, timeout: .seconds(1))
      .supervised(.skip(to: letters))
    let reading = Task { try await all(flow) }
    await clock.sleepers(2)
    await desk.answer(2, .success("two"))
    clock.advance(to: 1_001)
    #expect(try await reading.value == ["two"])
    #expect(letters.elements.first?.error as? CallTimeout == CallTimeout(limit: .seconds(1)))
    #expect(desk.cancelled == [1])
  }

  @Test func `what the source throws comes behind the results of what came before`() async throws {
    let flow = Flow.sequence {
      AsyncThrowingStream<Int, any Error> { continuation in
        continuation.yield(1)
        continuation.finish(throwing: Mishap())
      }
    }
    .mapAsync(concurrency: 4) { [desk] in try await desk.ask($0) }
    let diary = Diary<String>()
    let reading = Task { for try await answer in flow { diary.note(answer) } }
    await desk.answer(1, .success("one"))
    await #expect(throws: Mishap.self) { try await reading.value }
    #expect(diary.entries == ["one"])
  }

  @Test func `a consumer that is cancelled cancels the calls and keeps nothing`() async throws {
    try await topic.publish([1, 2, 3, 4])
    weak var witness: Witness?
    let desk = desk
    let reading = {
      let made = Witness()
      witness = made
      let flow = topic.flow(from: .earliest).mapAsync(concurrency: 2) { number in
        _ = made
        return try await desk.ask(number)
      }
      return Task { try await all(flow) }
    }()
    await eventually { desk.open.count == 2 }
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    await eventually { witness == nil }
    #expect(desk.cancelled == [1, 2])
    #expect(desk.asked.sorted() == [1, 2])
    #expect(topic.statistics.heldLag == 0)
  }

  @Test func `a promise is passed on when no call is open before it`() async throws {
    try await topic.publish([1])
    let reader = calls(concurrency: 2, ordered: true).makeReader()
    clock.advance(to: 10)
    guard case .empty = try reader.poll(limit: 9, until: 5) else {
      Issue.record("a call is open")
      return
    }
    guard case .batch(let before) = try reader.poll(limit: 9, until: 0) else {
      Issue.record("nothing can come that early")
      return
    }
    #expect(before.silentThrough == 0)
    await desk.answer(1, .success("one"))
    let batch = try await reader.next(until: 5)
    #expect(batch?.seen == [.entry("one", offset: 1, appended: 1)])
    #expect(try await reader.next(until: 5)?.silentThrough == 5)
  }

  @Test func `live and replayed, a throttle behind it gives the same`() async throws {
    for seed in 0..<20 {
      var random = SeededGenerator(seed)
      let clock = ManualClock(0)
      let topic = Topic<Int>("t", clock: clock)
      let flow = topic.flow(from: .earliest)
        .mapAsync(concurrency: 3) { number in
          for _ in 0..<number % 5 { await Task.yield() }
          return number
        }
        .throttle(for: .milliseconds(6), keeping: .both)
      let live = ProbeSink<Int>()
      let running = Task { try await flow.pipeline("live", into: live).run() }
      for number in 0..<100 {
        try await topic.publish([number])
        clock.advance(to: clock.now + .milliseconds(Int.random(in: 0...9, using: &random)))
        for _ in 0..<Int.random(in: 0...6, using: &random) { await Task.yield() }
      }
      topic.close()
      try await running.value
      let replayed = ProbeSink<Int>()
      try await flow.pipeline("replayed", into: replayed).run()
      let isSame = live.items == replayed.items
      #expect(isSame, "seed \(seed)")
    }
  }
}
