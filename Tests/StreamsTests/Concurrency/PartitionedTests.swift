// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct PartitionedTests {
  private struct Click: Sendable, Equatable {
    let user: Int
    let number: Int
  }

  /// Lets others run now and then, so that partitions are out of step.
  private static func dawdle(_ seed: Int) async {
    for _ in 0..<(seed &* 7919) % 5 { await Task.yield() }
  }

  private func topic(_ clock: ManualClock) -> Topic<Click> {
    Topic("clicks", clock: clock)
  }

  @Test(arguments: [1, 2, 5])
  func `each key stays in order, and results come by instant and partition`(
    count: Int
  )
    async throws
  {
    let clock = ManualClock(0)
    let topic = topic(clock)
    var expected: [Click] = []
    for instant in 0..<40 {
      clock.advance(to: Timestamp(milliseconds: Int64(instant)))
      let clicks = (0..<20).map { Click(user: $0 * 7 % 11, number: instant * 20 + $0) }
      try await topic.publish(clicks)
      for part in 0..<count {
        expected += clicks.filter { $0.user.partition(of: count) == part }
      }
    }
    topic.close()
    let flow = topic.flow(from: .earliest).partitioned(by: \.user, into: count) { $0 }
    #expect(try await all(flow) == expected)
  }

  @Test func `one instant with more entries than fit is done block by block`() async throws {
    let clock = ManualClock(0)
    let topic = topic(clock)
    for start in 0..<20 {
      try await topic.publish((0..<500).map { Click(user: $0 % 9, number: start * 500 + $0) })
    }
    topic.close()
    let flow = topic.flow(from: .earliest).partitioned(by: \.user, into: 3) { $0 }
    let numbers = try await all(flow).map(\.number)
    #expect(numbers.sorted() == Array(0..<10_000))
    #expect(numbers == (try await all(flow).map(\.number)))
  }

  @Test func `all of one partition, with a consumer that is slow`() async throws {
    let clock = ManualClock(0)
    let topic = topic(clock)
    try await topic.publish((0..<8_000).map { Click(user: 1, number: $0) })
    topic.close()
    let flow = topic.flow(from: .earliest).partitioned(by: \.user, into: 4) { part in
      part.mapAsync(concurrency: 3) { $0.number }
    }
    let reader = flow.makeReader()
    var next = 0
    while next < 1_500, let batch = try await reader.next(limit: 7) {
      #expect(batch.elements == Array(next..<next + batch.count))
      next += batch.count
      await Task.yield()
    }
    var received: UInt64 = 0
    for partition in 0..<4 { received += reader.stage("partition \(partition)")["in"] }
    #expect(received <= 3_500)
  }

  @Test(arguments: [1, 2, 4])
  func `live and replayed it gives the same`(count: Int) async throws {
    for seed in 0..<25 {
      var random = SeededGenerator(seed)
      let clock = ManualClock(0)
      let topic = topic(clock)
      let flow = topic.flow(from: .earliest)
        .partitioned(by: \.user, into: count) { part in
          part.throttle(for: .milliseconds(5), by: \.user, keeping: .both)
            .scan("") { $0 = "\($1.user):\($1.number)" }
        }
        .throttle(for: .milliseconds(2), keeping: .both)
      let live = ProbeSink<String>()
      let running = Task { try await flow.pipeline("live", into: live).run() }
      for number in 0..<120 {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: topic.mark(.watermark(Timestamp(milliseconds: Int64(number))))
        case 1 where number % 9 == 0: topic.mark(.endOfInput)
        case 2...4:
          clock.advance(to: clock.now + .milliseconds(Int.random(in: 1...5, using: &random)))
        default:
          let user = Int.random(in: 0..<6, using: &random)
          try await topic.publish([Click(user: user, number: number)])
        }
        for _ in 0..<Int.random(in: 0...6, using: &random) { await Task.yield() }
      }
      topic.close()
      try await running.value
      let replayed = ProbeSink<String>()
      try await flow.pipeline("replayed", into: replayed).run()
      let isSame = live.items == replayed.items
      #expect(isSame, "seed \(seed)")
      #expect(!live.elements.isEmpty)
    }
  }

  @Test func `with calls in the partitions, keys stay in order and marks in place`() async throws {
    let clock = ManualClock(0)
    let topic = topic(clock)
    for number in 0..<400 {
      clock.advance(to: Timestamp(milliseconds: Int64(number / 7)))
      if number % 50 == 0 { topic.mark(.watermark(Timestamp(milliseconds: Int64(number)))) }
      try await topic.publish([Click(user: number % 13, number: number)])
    }
    topic.close()
    let flow = topic.flow(from: .earliest).partitioned(by: \.user, into: 3) { part in
      part.mapAsync(concurrency: 4) { click in
        await Self.dawdle(click.number)
        return click
      }
    }
    let sink = ProbeSink<Click>()
    try await flow.pipeline("p", into: sink).run()
    #expect(sink.elements.count == 400)
    for user in 0..<13 {
      let own = sink.elements.filter { $0.user == user }.map(\.number)
      #expect(own == own.sorted() && own.count > 20)
    }
    var watermark = 0
    for item in sink.items {
      switch item {
      case .element(let click): #expect(click.number >= watermark)
      case .mark(.watermark(let instant)) where instant < .never:
        watermark = Int(instant.milliseconds)
      case .mark: break
      }
    }
    #expect(watermark == 350)
  }

  @Test func `an error of a partition ends the flow behind what came before`() async throws {
    let clock = ManualClock(0)
    let topic = topic(clock)
    for number in 0..<10 {
      clock.advance(to: Timestamp(milliseconds: Int64(number)))
      try await topic.publish([Click(user: number, number: number)])
    }
    let flow = topic.flow(from: .earliest).partitioned(by: \.user, into: 2) { part in
      part.mapAsync(concurrency: 1) { click in
        if click.number == 6 { throw Mishap() }
        return click.number
      }
    }
    var seen: [Int] = []
    clock.advance(to: 100)
    await #expect(throws: ElementFailure.self) {
      for try await number in flow { seen.append(number) }
    }
    #expect(seen == Array(0..<seen.count) && seen.count <= 6)
    await eventually { topic.statistics.heldLag == 0 }
  }

  @Test func `a consumer that is cancelled ends all partitions and frees them`() async throws {
    let clock = ManualClock(0)
    let topic = topic(clock)
    weak var witness: Witness?
    let desk = CallDesk<Int, Int>()
    let reading = {
      let made = Witness()
      witness = made
      let flow = topic.flow(from: .earliest).partitioned(by: \.user, into: 3) { part in
        part.mapAsync(concurrency: 1) { click in
          _ = made
          return try await desk.ask(click.number)
        }
      }
      return Task { try await all(flow) }
    }()
    try await topic.publish((0..<9).map { Click(user: $0, number: $0) })
    await eventually { !desk.open.isEmpty }
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    await eventually { witness == nil && desk.open.isEmpty }
    #expect(topic.statistics.heldLag == 0)
  }

  /// Reads all of a flow, but for ten seconds at most: a process that is stopped by that ends well.
  private static func read(_ flow: Flow<Identity<Int>>) async throws {
    let reading = Task { for try await _ in flow {} }
    try await Task.sleep(for: .seconds(10))
    reading.cancel()
  }

  @Test func `a stage that reads in a task of its own is refused in a partition`() async throws {
    func expectRemedy(_ result: ExitTest.Result?) {
      let error = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(error.contains("put it before or behind"))
    }
    expectRemedy(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let topic = Topic<Int>("t")
        try await topic.publish([1, 2, 3])
        topic.close()
        let flow = topic.flow(from: .earliest).partitioned(by: { $0 }, into: 2) { part in
          part.map { $0 }.buffer(upTo: 8)
        }
        try await Self.read(flow)
      }
    )
    expectRemedy(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let topic = Topic<Int>("t")
        try await topic.publish([1, 2, 3])
        topic.close()
        let flow = topic.flow(from: .earliest).partitioned(by: { $0 }, into: 2) { part in
          part.conflate(into: { $0 }) { $0 += $1 }
        }
        try await Self.read(flow)
      }
    )
  }

  @Test func `one may stand before and behind it, and in what is merged into a partition`()
    async throws
  {
    let clock = ManualClock(0)
    let topic = Topic<Int>("t", clock: clock)
    let other = Topic<Int>("other", clock: clock)
    try await topic.publish([1, 2, 3])
    topic.close()
    other.close()
    let flow = topic.flow(from: .earliest).buffer(upTo: 8)
      .partitioned(by: { $0 }, into: 2) { part in
        part.merge(other.flow(from: .earliest).buffer(upTo: 8))
      }
      .buffer(upTo: 8)
    #expect(try await all(flow).sorted() == [1, 2, 3])
  }

  @Test func `a partition does in time what it has to do, though nothing comes`() async throws {
    let clock = ManualClock(0)
    let topic = Topic<Int>("t", clock: clock)
    let sink = ProbeSink<Int>()
    let pipeline = topic.flow(from: .earliest)
      .partitioned(by: { $0 }, into: 2) { $0.debounce(for: .milliseconds(5)) }
      .pipeline("p", into: sink)
    let running = Task { try await pipeline.run() }
    try await topic.publish([1])
    await clock.sleepers(1)
    clock.advance(to: 6)
    await eventually { sink.elements == [1] }
    topic.close()
    try await running.value
  }
}
