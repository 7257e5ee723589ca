// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Sinks

/// What a server with many clients, or one bad one, does not do.
@Suite struct DerivedBoundTests {
  private func limit(_ number: Int) throws -> ChainPlan { try plan("[{\"limit\":\(number)}]") }

  /// Subscribes; what is answered at once.
  private func answer(
    _ bench: DerivedBench,
    _ plan: ChainPlan,
    at place: DerivedPlace? = nil,
    for client: ClientKey? = nil
  ) -> (told: Told<Result<DerivedSubscription, DerivedRefusal>>, ticket: DerivedTicket) {
    let told = Told<Result<DerivedSubscription, DerivedRefusal>>()
    let ticket = bench.topics.subscribe(
      plan,
      to: bench.source,
      at: place,
      for: client,
      onEnd: { _ in }
    ) {
      told.add($0)
    }
    return (told, ticket)
  }

  @Test func `there are so many, and those that nobody reads make room`() async throws {
    var settings = DerivedTopicSettings()
    settings.maximumTopics = 2
    let bench = DerivedBench(settings: settings)
    let first = try await bench.subscribe(try limit(1))
    let second = try await bench.subscribe(try limit(2))
    await #expect(throws: DerivedRefusal.tooMany(limit: 2)) {
      _ = try await bench.subscribe(try self.limit(3))
    }
    #expect(bench.topics.statistics.refused == 1)
    bench.clock.advance(by: .seconds(1))
    second.end()
    bench.clock.advance(by: .seconds(1))
    first.end()
    let third = try await bench.subscribe(try limit(3))
    #expect(bench.topics.statistics.evicted == 1)
    #expect(bench.topics.statistics.topicCount == 2)
    // The one that was left last is still there.
    #expect(try await bench.subscribe(try limit(1)).topic === first.topic)
    withExtendedLifetime(third) {}
  }

  @Test func `one client has its share, whatever is left`() async throws {
    var settings = DerivedTopicSettings()
    settings.maximumTopicsOfClient = 2
    let bench = DerivedBench(settings: settings)
    func ask(_ number: Int, _ name: String?) throws -> Result<DerivedSubscription, DerivedRefusal> {
      let (told, _) = answer(bench, try limit(number), for: name.map { .user($0) })
      return try #require(told.all.first)
    }
    let first = try ask(1, "ada").get()
    let again = try ask(1, "ada").get()
    let second = try ask(2, "ada").get()
    #expect(throws: DerivedRefusal.tooManyOfClient(limit: 2)) { try ask(3, "ada").get() }
    // What is there already is no exception, nor is that nobody else reads it.
    let other = try ask(3, "bob").get()
    #expect(throws: DerivedRefusal.tooManyOfClient(limit: 2)) { try ask(3, "ada").get() }
    let trusted = try (10..<20).map { try ask($0, nil).get() }
    // Both readings of the first have to end.
    first.end()
    #expect(throws: DerivedRefusal.tooManyOfClient(limit: 2)) { try ask(3, "ada").get() }
    again.end()
    again.end()
    let third = try ask(3, "ada").get()
    withExtendedLifetime((second, other, trusted, third)) {}
  }

  @Test func `one client has its share of the state`() async throws {
    let keyed = try plan(#"[{"throttle":{"every":"1s","by":"data.a"}}]"#)
    let other = try plan(#"[{"throttle":{"every":"2s","by":"data.a"}}]"#)
    var settings = DerivedTopicSettings()
    settings.maximumStateBytesOfClient = keyed.cost.stateBytes
    let bench = DerivedBench(settings: settings)
    let first = try #require(answer(bench, keyed, for: .user("ada")).told.all.first).get()
    let refused = try #require(answer(bench, other, for: .user("ada")).told.all.first)
    #expect(throws: DerivedRefusal.tooMuchStateOfClient(limit: keyed.cost.stateBytes)) {
      try refused.get()
    }
    #expect(throws: DerivedRefusal.tooMuchStateOfClient(limit: keyed.cost.stateBytes)) {
      _ = try bench.topics.subscribeHolding(
        other,
        to: bench.source,
        for: .seconds(1),
        of: .user("ada")
      ) { _ in }
    }
    let others = try #require(answer(bench, other, for: .user("bob")).told.all.first).get()
    first.end()
    let second = try #require(answer(bench, other, for: .user("ada")).told.all.first).get()
    withExtendedLifetime((others, second)) {}
  }

  @Test func `what one client has left does not count in its share of the state`() throws {
    let plans = try (1...3).map {
      try plan("[{\"throttle\":{\"every\":\"\($0)s\",\"by\":\"data.a\"}}]")
    }
    var settings = DerivedTopicSettings()
    settings.maximumStateBytesOfClient = 2 * plans[0].cost.stateBytes
    let bench = DerivedBench(settings: settings)
    func ask(_ number: Int) throws -> DerivedSubscription {
      try #require(answer(bench, plans[number], for: .user("ada")).told.all.first).get()
    }
    let (first, second) = (try ask(0), try ask(1))
    #expect(throws: DerivedRefusal.self) { try ask(2) }
    first.end()
    let third = try ask(2)
    withExtendedLifetime((second, third)) {}
  }

  @Test func `one client has its share of what is rebuilt`() async throws {
    var settings = DerivedTopicSettings()
    settings.maximumReplaysOfClient = 1
    let bench = DerivedBench(settings: settings)
    bench.publish(0..<9)
    let plans = try [limit(1), limit(2)]
    let places = plans.map {
      DerivedPlace(epoch: DerivedEpoch($0, bench.source, start: 2).text, offset: 0)
    }
    let first = answer(bench, plans[0], at: places[0], for: .user("ada"))
    let second = answer(bench, plans[1], at: places[1], for: .user("ada"))
    #expect(first.told.all.isEmpty, "it waits")
    #expect(try second.told.all.first?.get().recovery == .notRecovered(.busy))
    let others = answer(bench, plans[1], at: places[1], for: .user("bob"))
    #expect(others.told.all.isEmpty)
    first.ticket.cancel()
    others.ticket.cancel()
  }

  @Test func `the state of all is bounded`() async throws {
    let keyed = try plan(#"[{"throttle":{"every":"1s","by":"data.a"}}]"#)
    let other = try plan(#"[{"throttle":{"every":"2s","by":"data.a"}}]"#)
    var settings = DerivedTopicSettings()
    settings.maximumStateBytes = keyed.cost.stateBytes
    let bench = DerivedBench(settings: settings)
    let first = try await bench.subscribe(keyed)
    await #expect(throws: DerivedRefusal.self) { _ = try await bench.subscribe(other) }
    first.end()
    let second = try await bench.subscribe(other)
    #expect(bench.topics.statistics.evicted == 1)
    #expect(bench.topics.statistics.stateBytes == other.cost.stateBytes)
    second.end()
  }

  @Test func `a replay is bounded in length and in number`() async throws {
    var settings = DerivedTopicSettings()
    settings.maximumReplay = 5
    settings.maximumReplays = 2
    let bench = DerivedBench(settings: settings)
    bench.publish(1...10)
    func back(
      _ number: Int,
      from start: Offset
    ) throws -> (
      told: Told<Result<DerivedSubscription, DerivedRefusal>>, ticket: DerivedTicket
    ) {
      let plan = try limit(number)
      let text = DerivedEpoch(plan, bench.source, start: start).text
      return answer(bench, plan, at: DerivedPlace(epoch: text, offset: 0))
    }
    let far = try back(1, from: 4).told.all
    #expect(try reason(#require(far.first).get()) == .tooFar)
    // Nothing runs, so these wait.
    let waiting = [try back(2, from: 5), try back(3, from: 6)]
    #expect(waiting.allSatisfy { $0.told.all.isEmpty })
    #expect(bench.topics.statistics.replayCount == 2)
    #expect(bench.topics.statistics.waitingCount == 2)
    let more = try back(4, from: 6).told.all
    #expect(try reason(#require(more.first).get()) == .busy)
    // Who goes away is not waited for, and gives its place to another.
    waiting[0].ticket.cancel()
    #expect(bench.topics.statistics.replayCount == 1)
    #expect(waiting[0].told.all.isEmpty)
    let again = try back(5, from: 6)
    #expect(again.told.all.isEmpty)
    // And nobody waits for ever.
    bench.clock.advance(by: .seconds(9))
    bench.topics.sweep()
    #expect(again.told.all.isEmpty)
    bench.clock.advance(by: .seconds(1))
    bench.topics.sweep()
    let late = again.told.all
    #expect(try reason(#require(late.first).get()) == .tooLate)
    #expect(bench.topics.statistics.waitingCount == 0)
    #expect(bench.topics.statistics.replayCount == 0)
  }

  @Test func `so many wait and no more`() throws {
    var settings = DerivedTopicSettings()
    settings.maximumWaiting = 3
    let bench = DerivedBench(settings: settings)
    bench.publish(1...10)
    let plan = try limit(5)
    let text = DerivedEpoch(plan, bench.source, start: 2).text
    let place = DerivedPlace(epoch: text, offset: 0)
    let waiting = (0..<3).map { _ in answer(bench, plan, at: place) }
    #expect(waiting.allSatisfy { $0.told.all.isEmpty })
    let more = answer(bench, plan, at: place).told.all
    #expect(try reason(#require(more.first).get()) == .busy)
    // They share one replay.
    #expect(bench.topics.statistics.replayCount == 1)
    for (_, ticket) in waiting { ticket.cancel() }
    #expect(bench.topics.statistics.replayCount == 0)
  }

  @Test func `who waits for what fails goes on with another`() async throws {
    let bench = DerivedBench(retention: Retention(maximumCount: 16))
    bench.publish(1...10)
    let plan = try limit(100)
    let text = DerivedEpoch(plan, bench.source, start: 5).text
    let (answers, answer) = AsyncStream.makeStream(of: DerivedRecovery.Reason?.self)
    let ended = Told<DerivedEnding>()
    bench.topics.subscribe(
      plan,
      to: bench.source,
      at: DerivedPlace(epoch: text, offset: 0),
      onEnd: { ended.add($0) },
      completion: { result in
        answer.yield((try? result.get()).flatMap { reason($0) })
      }
    )
    // Nothing runs yet, so what is to be read again is gone.
    bench.publish(11...60)
    try await bench.running {
      var iterator = answers.makeAsyncIterator()
      #expect(await iterator.next() == .failed)
      #expect(ended.all.isEmpty)
      #expect(bench.topics.statistics.failed == 1)
    }
  }

  @Test func `who waits when the server ends is told so`() throws {
    let bench = DerivedBench()
    bench.publish(1...10)
    let plan = try limit(5)
    let text = DerivedEpoch(plan, bench.source, start: 2).text
    let waiting = answer(bench, plan, at: DerivedPlace(epoch: text, offset: 0))
    bench.topics.close()
    #expect(waiting.told.all.count == 1)
    #expect(throws: DerivedRefusal.closed) { _ = try waiting.told.all[0].get() }
    #expect(throws: DerivedRefusal.closed) { _ = try answer(bench, plan).told.all[0].get() }
    #expect(bench.topics.statistics.topicCount == 0)
  }

  @Test func `one that nobody reads ends after a while`() async throws {
    let bench = DerivedBench()
    try await bench.running {
      var subscription: DerivedSubscription? = try await bench.subscribe(try self.limit(5))
      #expect(subscription?.recovery == .notAsked)
      bench.clock.advance(by: .seconds(100))
      bench.topics.sweep()
      #expect(bench.topics.statistics.topicCount == 1)
      subscription = nil
      bench.clock.advance(by: .seconds(29))
      bench.topics.sweep()
      #expect(bench.topics.statistics.topicCount == 1)
      bench.clock.advance(by: .seconds(1))
      bench.topics.sweep()
      #expect(bench.topics.statistics.topicCount == 0)
      #expect(bench.topics.statistics.expired == 1)
    }
  }

  @Test func `keys without end take no more than the stage may keep`() throws {
    let plan = try plan(
      #"[{"throttle":{"every":"1h","by":"data.i","keys":100}},{"window":{"tumbling":"1h","by":"data.i","keys":50}},{"aggregate":{"n":"count"}}]"#
    )
    var chain = plan.flow(Topic<Event>("t")).chain
    for number in 0..<20_000 {
      let event = Event(data: Array(#"{"i":\#(number)}"#.utf8))
      chain.receive(event, at: 0) { _ in }
      while chain.isPending { chain.resume(at: 0, room: 100) { _ in } }
    }
    let stages = chain.stages
    #expect(stages[0]["keys"] == 100)
    #expect(stages[0]["released"] == 19_900)
    #expect(stages[1]["open"] == 50)
    #expect(stages[1]["rejected"] == 19_850)
  }

  @Test func `many come and go at once`() async throws {
    var settings = DerivedTopicSettings()
    settings.maximumTopics = 3
    settings.maximumReplays = 1
    let bench = DerivedBench(settings: settings)
    try await bench.running {
      await withTaskGroup(of: Void.self) { group in
        for client in 0..<6 {
          group.addTask {
            var random = SeededGenerator(UInt64(client))
            var place: DerivedPlace?
            for _ in 0..<60 {
              guard let plan = try? self.limit(Int.random(in: 50...53, using: &random)) else {
                return
              }
              bench.publish([client])
              if let subscription = try? await bench.subscribe(plan, at: place) {
                let offset = subscription.topic.end.next - 1
                place = DerivedPlace(epoch: subscription.epoch, offset: offset)
                subscription.end()
              }
              bench.topics.sweep()
            }
          }
        }
      }
      #expect(bench.topics.statistics.readerCount == 0)
      #expect(bench.topics.statistics.waitingCount == 0)
      #expect(bench.topics.statistics.topicCount <= 3)
    }
  }
}
