// SPDX-License-Identifier: Apache-2.0
import Codecs
import Streams
import Testing
import WeirTesting

@testable import Sinks

@Suite struct DerivedTopicsTests {
  static let even = #"[{"filter":"data.i in [2, 4, 6, 8, 10, 12]"}]"#

  @Test func `equal chains share one topic`() async throws {
    let bench = DerivedBench()
    try await bench.running {
      bench.publish(1...4)
      let first = try await bench.subscribe(try plan(Self.even))
      let second = try await bench.subscribe(
        try plan(#"[ {"filter" : "data['i'] in [2,4,6,8,10,12]"} ]"#)
      )
      let other = try await bench.subscribe(try plan(#"[{"limit":{"count":1,"every":"1s"}}]"#))
      #expect(first.topic === second.topic)
      #expect(first.epoch == second.epoch)
      #expect(other.topic !== first.topic)
      bench.publish(5...8)
      try await bench.settle(first)
      try await bench.settle(other)
      #expect(first.topic.shown == [#"1 {"i":6} - - 1000 - - "#, #"2 {"i":8} - - 1000 - - "#])
      #expect(other.topic.shown == [#"1 {"i":5} - - 1000 - - "#])
      #expect(first.recovery == .notAsked)
      #expect(bench.topics.statistics.made == 2)
      #expect(bench.topics.statistics.shared == 1)
      #expect(bench.topics.statistics.readerCount == 3)
    }
  }

  @Test func `who was away goes on where it was`() async throws {
    let bench = DerivedBench()
    try await bench.running {
      let first = try await bench.subscribe(try plan(Self.even))
      bench.publish(1...8)
      try await bench.settle(first)
      first.end()
      let place = DerivedPlace(epoch: first.epoch, offset: 2)
      let second = try await bench.subscribe(try plan(Self.even), at: place)
      #expect(second.recovery == .recovered)
      #expect(second.topic === first.topic)
      #expect(bench.topics.statistics.recovered == 1)
    }
  }

  @Test(arguments: 0..<40)
  func `what has ended is rebuilt with the same offsets and bytes`(seed: Int) async throws {
    var settings = DerivedTopicSettings()
    settings.retention = Retention(maximumCount: 100_000, maximumBytes: 64 << 20)
    let bench = DerivedBench(settings: settings)
    var random = SeededGenerator(UInt64(seed))
    let plan = ChainBatchingTests.allowed(&random)
    let log = ChainLogs.random(seed, count: 300, disorder: 2_000)
    let cut = Int.random(in: 0..<100, using: &random)
    let share = Double.random(in: 0...1, using: &random)
    try await bench.running {
      ChainRun.append(Array(log[..<cut]), to: bench.source, bench.clock)
      let before = try await bench.subscribe(plan)
      for entry in log[cut...] {
        if entry.at > bench.clock.now.milliseconds {
          bench.clock.advance(to: Timestamp(milliseconds: entry.at))
        }
        _ = bench.source.offer([entry.event]) { _ in }
        // Read in pieces, so that the clock fires what is due.
        if entry.at % 7 == 0 { try await bench.settle(before) }
      }
      bench.clock.advance(by: .seconds(60))
      bench.publish([0])
      try await bench.settle(before)
      let seen = before.topic.shown
      let (name, epoch, place) = (before.topic.name, before.topic.epoch, before.epoch)
      before.end()
      bench.clock.advance(by: .seconds(31))
      bench.topics.sweep()
      #expect(bench.topics.statistics.topicCount == 0)
      let offset = Offset(Double(seen.count) * share)
      let after = try await bench.subscribe(
        plan,
        at: DerivedPlace(epoch: place, offset: offset)
      )
      #expect(after.recovery == .recovered)
      #expect(after.topic !== before.topic)
      #expect((after.topic.name, after.topic.epoch, after.epoch) == (name, epoch, place))
      #expect(
        Array(after.topic.shown.prefix(seen.count)) == seen,
        "\(String(decoding: plan.canonicalForm, as: UTF8.self))"
      )
      #expect(bench.topics.statistics.rebuilt == 1)
    }
  }

  @Test func `results that came by the clock alone are there again`() async throws {
    let bench = DerivedBench()
    let throttle = try plan(#"[{"throttle":"5s"}]"#)
    try await bench.running {
      let before = try await bench.subscribe(throttle)
      bench.publish(1...3)
      try await bench.settle(before)
      var iterator = before.topic.flow(from: .earliest).makeAsyncIterator()
      await bench.clock.sleepers(1)
      bench.clock.advance(by: .seconds(6))
      #expect(try await iterator.next()?.number == 3)
      let place = DerivedPlace(epoch: before.epoch, offset: 1)
      before.end()
      bench.clock.advance(by: .seconds(31))
      bench.topics.sweep()
      let after = try await bench.subscribe(throttle, at: place)
      #expect(after.recovery == .recovered)
      #expect(after.topic.shown == [#"1 {"i":3} - - 1000 - - "#])
    }
  }

  @Test func `texts that are made up are not recovered`() async throws {
    let bench = DerivedBench()
    try await bench.running {
      bench.publish(1...8)
      let even = try plan(Self.even)
      let real = try await bench.subscribe(even)
      let other = try await bench.subscribe(try plan(#"[{"limit":5}]"#))
      let past = DerivedEpoch(even, bench.source, start: 1_000).text
      let huge = DerivedEpoch(even, bench.source, start: .max).text
      let texts: [(String, DerivedRecovery.Reason)] = [
        ("", .otherEpoch), ("~", .otherEpoch), ("1~", .otherEpoch), ("~1", .otherEpoch),
        ("0~0", .otherEpoch), ("1~1~1", .otherEpoch), ("1~1", .otherEpoch), ("abc", .otherEpoch),
        (String(repeating: "z", count: 1_000), .otherEpoch), (real.epoch + " ", .otherEpoch),
        (real.epoch.uppercased(), .otherEpoch), (real.epoch + "0", .otherEpoch),
        ("3w5e11264sgsg~3w5e11264sgsf", .otherEpoch), (other.epoch, .otherEpoch),
        (past, .offsetGone), (huge, .offsetGone), ("-1~-1", .otherEpoch), ("+1~1", .otherEpoch),
      ]
      for (text, reason) in texts {
        let place = DerivedPlace(epoch: text, offset: 0)
        let subscription = try await bench.subscribe(even, at: place)
        #expect(subscription.recovery == .notRecovered(reason), "\(text)")
        #expect(subscription.topic === real.topic)
      }
      for offset in [1, 2, Offset.max] {
        let place = DerivedPlace(epoch: real.epoch, offset: offset)
        let subscription = try await bench.subscribe(even, at: place)
        #expect(subscription.recovery == .notRecovered(.offsetGone), "\(offset)")
      }
      #expect(bench.topics.statistics.topicCount == 2)
      #expect(bench.topics.statistics.rebuilt == 0)
      #expect(bench.topics.statistics.notRecovered[.offsetGone] == 5)
    }
  }

  @Test func `another life of the source is not taken for this one`() async throws {
    let bench = DerivedBench()
    let next = DerivedBench(epoch: 8)
    try await next.running {
      let before = try await bench.subscribe(try plan(Self.even))
      let place = DerivedPlace(epoch: before.epoch, offset: 0)
      let after = try await next.subscribe(try plan(Self.even), at: place)
      #expect(after.recovery == .notRecovered(.otherEpoch))
    }
  }

  @Test func `what the source has dropped can't be rebuilt`() async throws {
    let bench = DerivedBench(retention: Retention(maximumCount: 16))
    try await bench.running {
      bench.publish(1...4)
      let even = try plan(Self.even)
      let text = DerivedEpoch(even, bench.source, start: 2).text
      bench.publish(5...30)
      let place = DerivedPlace(epoch: text, offset: 0)
      let subscription = try await bench.subscribe(even, at: place)
      #expect(subscription.recovery == .notRecovered(.sourceGone))
      #expect(subscription.epoch == DerivedEpoch(even, bench.source, start: 30).text)
    }
  }

  @Test func `a derived topic that has dropped the place says so`() async throws {
    var settings = DerivedTopicSettings()
    settings.retention = Retention(maximumCount: 4)
    let bench = DerivedBench(settings: settings)
    try await bench.running {
      let all = try plan(#"[{"filter":"true"}]"#)
      let first = try await bench.subscribe(all)
      bench.publish(1...10)
      try await bench.settle(first)
      for (offset, recovery) in [
        (Offset(5), DerivedRecovery.notRecovered(.offsetGone)), (6, .recovered), (10, .recovered),
      ] {
        let place = DerivedPlace(epoch: first.epoch, offset: offset)
        #expect(try await bench.subscribe(all, at: place).recovery == recovery)
      }
    }
  }

  @Test func `two of one chain may run, and who is new joins the newer`() async throws {
    let bench = DerivedBench()
    try await bench.running {
      bench.publish(1...3)
      let even = try plan(Self.even)
      let old = DerivedEpoch(even, bench.source, start: 1).text
      let first = try await bench.subscribe(even)
      let place = DerivedPlace(epoch: old, offset: 1)
      let back = try await bench.subscribe(even, at: place)
      #expect(back.recovery == .recovered)
      #expect(back.epoch == old)
      #expect(back.topic !== first.topic)
      let newer = try await bench.subscribe(even)
      #expect(newer.topic === first.topic)
      first.end()
      newer.end()
      bench.clock.advance(by: .seconds(31))
      bench.topics.sweep()
      #expect(try await bench.subscribe(even).topic === back.topic)
    }
  }

  @Test func `a limit ends a topic, and who is new gets another`() async throws {
    let bench = DerivedBench()
    let told = Told<DerivedEnding>()
    try await bench.running {
      let two = try plan(#"[{"limit":2}]"#)
      let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
      let first = try await bench.subscribe(two) { ending in
        told.add(ending)
        continuation.yield()
      }
      bench.publish(1...5)
      for await _ in stream { break }
      #expect(told.all == [.finished])
      #expect(!first.topic.isClosed)
      let second = try await bench.subscribe(two)
      #expect(second.topic !== first.topic)
      let place = DerivedPlace(epoch: first.epoch, offset: 1)
      let back = try await bench.subscribe(two, at: place)
      #expect(back.topic === first.topic)
      #expect(back.recovery == .recovered)
      #expect(first.topic.shown.count == 2)
    }
  }

  @Test func `its readers hear that a source is closed or too fast`() async throws {
    let bench = DerivedBench(retention: Retention(maximumCount: 8))
    let told = Told<DerivedEnding>()
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let tell: @Sendable (DerivedEnding) -> Void = { ending in
      told.add(ending)
      continuation.yield()
    }
    // Nothing runs yet, so the source gets ahead.
    let first = try await bench.subscribe(try plan(Self.even), onEnd: tell)
    bench.publish(1...30)
    try await bench.running {
      for await _ in stream { break }
      #expect(told.all == [.overrun])
      #expect(told.all[0].unsubscribeCode == 2500)
      #expect(first.topic.isClosed)
      #expect(bench.topics.statistics.failed == 1)
      #expect(bench.topics.statistics.topicCount == 0)
      let second = try await bench.subscribe(try plan(Self.even), onEnd: tell)
      #expect(second.topic !== first.topic)
      bench.source.close()
      for await _ in stream { break }
      #expect(told.all == [.overrun, .sourceClosed])
    }
  }

  @Test func `each stage is explained`() async throws {
    let bench = DerivedBench()
    try await bench.running {
      let subscription = try await bench.subscribe(
        try plan(#"[{"filter":"data.i > 2"},{"throttle":{"every":"1s","keep":"leading"}}]"#)
      )
      bench.publish(1...8)
      try await bench.settle(subscription)
      let status = try #require(bench.topics.status(of: subscription.topic))
      var writer = JSONWriter()
      status.write(to: &writer)
      let json = try JSONView.parse(writer.bytes)
      #expect(json["source"]?.string == "source")
      #expect(json["epoch"]?.string == subscription.epoch)
      #expect(json["readers"]?.int == 1)
      #expect(json["lastOffset"]?.int == 1)
      let stages = json["stages"]?.elements ?? []
      #expect(stages.map { $0["stage"]?.int } == [1, 2])
      #expect(stages.map { $0["operator"]?.string } == ["filter", "throttle"])
      #expect(stages.map { $0["in"]?.int } == [8, 6])
      #expect(stages.map { $0["out"]?.int } == [6, 1])
      #expect(stages[0]["dropped"]?.int == 2)
      #expect(stages[1]["conflated"]?.int == 5)
      #expect(status.mermaid.contains("1 filter"))
      #expect(status.text.contains("2 throttle: 6 in, 1 out"))
    }
  }
}
