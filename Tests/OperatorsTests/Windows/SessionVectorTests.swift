// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Vectors for sessions and triggers, of Flink's and Beam's own tests.
///
/// W10 and W11 are about several inputs and stand with those. W16 is Beam's alone: there a window's
/// time may be the earliest or latest of its elements; ours is always `end − 1`.
@Suite struct SessionVectorTests {
  private typealias Bench = WindowBench<SessionWindowing<Reading, String, Tally>>
  private typealias Windowed = WindowedFlow<Identity<Reading>, String, SessionWindows>

  private func sessions(
    _ windows: SessionWindows,
    lateness: Duration = .zero,
    _ change: (Windowed) -> Windowed = { $0 }
  ) -> Bench {
    let flow = Topic<Reading>("t").flow()
    return Bench(change(flow.window(windows, by: \.key, at: \.time, lateness: lateness)))
  }

  /// What W6, W7 and W8 begin with: five elements in one session, one in another.
  private func expectStart(_ bench: inout Bench) {
    #expect(bench.element(1_000) == [])
    #expect(bench.watermark(1_999) == [])
    #expect(bench.element(2_000) == [])
    #expect(bench.watermark(4_998) == [])
    #expect(bench.element(4_500) == [], "the session reaches beyond the watermark")
    #expect(bench.element(8_500) == [])
    #expect(bench.watermark(7_400) == [])
    #expect(bench.element(7_000) == [])
    #expect(bench.watermark(11_501) == ["k=5@11499"])
    #expect(bench.element(11_600) == [])
    #expect(bench.watermark(14_600) == ["k=1@14599"])
  }

  @Test func `W6: what is late does not join sessions that are over`() {
    var bench = sessions(.session(gap: .seconds(3)))
    expectStart(&bench)
    #expect(bench.element(10_000) == [])
    #expect(bench.element(10_100) == [])
    #expect(bench.operation.stages[0]["late"] == 2)
    #expect(bench.element(14_500) == [])
    #expect(bench.watermark(20_000) == ["k=1@17499"])
    #expect(bench.operation.stages[0]["open"] == 0)
  }

  @Test func `W7: a late element joins a session that is kept, and that fires at once`() throws {
    var bench = sessions(.session(gap: .seconds(3)), lateness: .milliseconds(10))
    expectStart(&bench)
    #expect(bench.element(10_000) == ["k=2@14599"])
    #expect(bench.element(14_500) == [])
    let last = try #require(bench.results(watermark: 20_000).first)
    #expect(last.start == 10_000 && last.end == 17_500 && last.value.sum == 3)
    #expect(last.revision == 2, "it goes on with the highest")
    #expect(last.replaces == [10_000..<14_600])
    #expect(last.isFinal)
  }

  @Test func `W8: a late element joins two sessions that have fired`() throws {
    var bench = sessions(.session(gap: .seconds(3)), lateness: .seconds(10))
    expectStart(&bench)
    #expect(bench.element(10_000) == ["k=7@14599"])
    #expect(bench.element(14_500) == [])
    let last = try #require(bench.results(watermark: 20_000).first)
    #expect(last.start == 1_000 && last.end == 17_500 && last.value.sum == 8)
    #expect(last.replaces == [1_000..<14_600])
  }

  @Test func `W8: where values are discarded, each firing tells the change`() throws {
    var bench = sessions(.session(gap: .seconds(3)), lateness: .seconds(10)) { $0.discarding() }
    expectStart(&bench)
    #expect(bench.element(10_000) == ["k=1@14599"])
    #expect(bench.element(14_500) == [])
    let last = try #require(bench.results(watermark: 20_000).first)
    #expect(last.start == 1_000 && last.end == 17_500 && last.value.sum == 1)
  }

  @Test func `W14: sessions fire early and late by number`() {
    var bench = sessions(.session(gap: .milliseconds(10)), lateness: .seconds(1_000)) {
      $0.triggering(early: .count(2), late: .count(3))
    }
    // Beam only: it counts by bundle, so three and five elements fire early there.
    let early = (1...6).map { bench.element(Int64($0)) }
    #expect(early == [[], ["k=2@11"], [], ["k=4@13"], [], ["k=6@15"]])
    #expect(bench.watermark(100) == ["k=6@15"])
    #expect(bench.element(1) == [])
    #expect(bench.element(3) == [])
    #expect(bench.element(4) == ["k=9@15"])
  }

  @Test func `W19: elements exactly a gap apart are one session, or two if that is asked for`() {
    var one = sessions(.session(gap: .seconds(10)))
    _ = one.element(0)
    _ = one.element(10_000)
    #expect(one.results(watermark: 100_000).map(\.value.count) == [2])
    var two = sessions(.session(gap: .seconds(10), touching: .separate))
    _ = two.element(0)
    _ = two.element(10_000)
    #expect(two.results(watermark: 100_000).map(\.value.count) == [1, 1])
  }

  @Test func `W19: an element between two sessions makes one of them`() {
    var bench = sessions(.session(gap: .seconds(10)))
    _ = bench.element(0)
    _ = bench.element(20_000)
    _ = bench.element(10_000)
    let results = bench.results(watermark: 100_000)
    #expect(results.map(\.value.count) == [3])
    #expect(results.map(\.start) == [0] && results.map(\.end) == [30_000])
    #expect(results.allSatisfy { $0.replaces.isEmpty }, "none of them had fired")
  }

  @Test func `the first session of one that grows early is replaced`() {
    var bench = sessions(.session(gap: .milliseconds(10))) { $0.triggering(early: .count(1)) }
    _ = bench.element(0)
    bench.operationReceive(5)
    let again = bench.drain()
    #expect(again.map(\.replaces) == [[0..<10]])
    #expect(again.map(\.revision) == [1])
  }

  @Test func `a session at the end of time is late`() {
    var bench = sessions(.session(gap: .milliseconds(10)))
    _ = bench.element(.max - 5)
    #expect(bench.operation.stages[0]["late"] == 1)
  }

  @Test func `gaps and counts that make no sense are rejected`() async {
    await #expect(processExitsWith: .failure) { _ = SessionWindows.session(gap: .zero) }
    await #expect(processExitsWith: .failure) { _ = CountWindows.count(0) }
    await #expect(processExitsWith: .failure) { _ = CountWindows.count(2, every: 3) }
    await #expect(processExitsWith: .failure) {
      _ = Topic<Reading>("t").flow().window(.global).triggering(early: .count(0))
    }
  }

  @Test func `a session by the clock needs neither a key nor a time`() {
    let result = Marbles("ab---c----|").through { flow in
      flow.window(.session(gap: .milliseconds(3))).aggregate { Count() }
        .map { Character("\($0.value)") }
    }
    #expect(result == "---2---1--|")
  }
}
