// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// Vectors for triggers, and what else windows can be asked for.
@Suite struct WindowTriggerTests {
  private typealias Bench = WindowBench<AlignedWindowing<Reading, String, Tally>>
  private typealias Windowed = WindowedFlow<Identity<Reading>, String, AlignedWindows>

  private func bench(
    _ windows: AlignedWindows = .tumbling(.milliseconds(10)),
    lateness: Duration = .zero,
    _ change: (Windowed) -> Windowed = { $0 }
  ) -> Bench {
    let flow = Topic<Reading>("t").flow()
    return Bench(change(flow.window(windows, by: \.key, at: \.time, lateness: lateness)))
  }

  private func clocked(
    _ windows: AlignedWindows,
    _ change: (Windowed) -> Windowed = { $0 }
  ) -> Bench {
    Bench(change(Topic<Reading>("t").flow().window(windows, by: \.key)))
  }

  @Test func `W12: windows of ten with the usual trigger`() {
    var bench = bench()
    for time in [1, 2, 3, 10, 11] { #expect(bench.element(Int64(time)) == []) }
    #expect(bench.watermark(25) == ["k=3@9", "k=2@19"])
  }

  @Test func `W13: lateness without end`() {
    var bench = bench(lateness: .seconds(Int64.max))
    for time in [1, 2, 3, 10, 11, 25] { #expect(bench.element(Int64(time)) == []) }
    #expect(bench.watermark(100) == ["k=3@9", "k=2@19", "k=1@29"])
    #expect(bench.element(7) == ["k=4@9"])
  }

  /// Beam alone counts by bundle: there three, then two elements fire early, and one at the end.
  @Test func `W15: discarding windows fire early at each second element`() {
    var silent = bench { $0.triggering(early: .count(2)).discarding() }
    var closing = bench { $0.triggering(early: .count(2)).discarding().closing(.always) }
    let times: [Int64] = [1, 2, 3, 4, 14, 5, 18, 6]
    let early = [[], ["k=2@9"], [], ["k=2@9"], [], [], ["k=2@19"], ["k=2@9"]]
    #expect(times.map { silent.element($0) } == early)
    #expect(times.map { closing.element($0) } == early)
    #expect(silent.watermark(100) == [])
    let last = closing.results(watermark: 100)
    #expect(last.map(\.value.count) == [0, 0] && last.allSatisfy(\.isFinal))
  }

  @Test(arguments: [(0, 2, 1), (3_600, 3, 0), (300, 2, 1)])
  func `W18: a watermark by the order of arrival`(lateness: Int, firings: Int, late: Int) {
    var bench = bench(.tumbling(.seconds(3_600)), lateness: .seconds(lateness))
    var fired: [String] = []
    for second in [1, 60, 3_200, 4_000, 5_000, 6_000, 0] as [Int64] {
      fired += bench.element(second * 1_000)
      fired += bench.watermark(second * 1_000 - 1)
    }
    fired += bench.watermark(.max)
    #expect(fired.count == firings)
    #expect(bench.operation.stages[0]["late"] == UInt64(late))
  }

  @Test func `windows fire early by the clock, if there is news`() {
    var bench = bench { $0.triggering(early: .every(.milliseconds(100))) }
    #expect(bench.clock(30) == [])
    _ = bench.element(1)
    _ = bench.element(15, of: "l")
    #expect(bench.clock(99) == [])
    #expect(bench.clock(100) == ["k=1@9", "l=1@19"])
    #expect(bench.operation.deadline == .never)
    #expect(bench.clock(1_000) == [])
    _ = bench.element(2)
    #expect(bench.clock(1_100) == ["k=2@9"])
  }

  @Test func `a window that closes always ends with a final firing`() {
    var bench = bench(lateness: .milliseconds(5)) { $0.closing(.always) }
    _ = bench.element(1)
    #expect(bench.results(watermark: 10).map(\.isFinal) == [false])
    #expect(bench.element(2) == ["k=2@9"])
    let last = bench.results(watermark: 20)
    #expect(last.map(\.isFinal) == [true] && last.map(\.revision) == [2])
  }

  @Test func `windows without elements fire between those with some, when they are asked for`() {
    var bench = bench { $0.firingEmptyWindows() }
    _ = bench.element(5)
    #expect(bench.watermark(29) == ["k=1@9"], "no later window is known")
    #expect(bench.element(35, of: "l") == ["k=0@19", "k=0@29"])
    #expect(bench.watermark(100) == ["l=1@39", "k=0@39"])
    #expect(bench.operation.stages[0]["open"] == 0)
  }

  @Test func `of a long silence only the last windows fire without elements`() {
    var bench = bench(.tumbling(.milliseconds(1))) { $0.firingEmptyWindows() }
    _ = bench.element(0)
    _ = bench.element(50_000)
    let results = bench.results(watermark: 60_000)
    #expect(results.count == 10_001)
    #expect(results.filter { $0.value.count == 0 }.count == 9_999)
  }

  @Test func `windows by the clock fire when their last instant is over`() {
    var bench = clocked(.tumbling(.milliseconds(10)))
    _ = bench.clock(3)
    _ = bench.element(1_000_000)
    #expect(bench.operation.deadline == 9)
    #expect(bench.clock(9) == ["k=1@9"])
    _ = bench.clock(10)
    _ = bench.element(-5)
    #expect(bench.clock(40) == ["k=1@19"])
    #expect(bench.operation.stages[0]["late"] == 0)
  }

  @Test func `late elements leave beside the output`() async throws {
    let sink = ProbeSink<Reading>()
    var bench = bench { $0.late(into: sink) }
    _ = bench.watermark(100)
    _ = bench.element(7, of: "x")
    #expect(bench.operation.hasSideWrites)
    var writes: [SideWrite] = []
    bench.takeSideWrites { writes.append($0) }
    for write in writes { try await write.write() }
    #expect(sink.elements.map(\.key) == ["x"])
    #expect(!bench.operation.hasSideWrites)
  }

  @Test(arguments: [
    AlignedWindows.tumbling(.milliseconds(10)),
    .sliding(.milliseconds(10), every: .milliseconds(5)),
  ])
  func `what finds no room is rejected, or the oldest leaves early`(windows: AlignedWindows) {
    var rejecting = bench(windows) { $0.limited(to: 2) }
    var evicting = bench(windows) { $0.limited(to: 2, .evictOldest) }
    var early: [String] = []
    for (time, key) in [(6, "a"), (7, "b"), (8, "c"), (9, "a")] as [(Int64, String)] {
      #expect(rejecting.element(time, of: key) == [])
      early += evicting.element(time, of: key)
    }
    #expect(rejecting.operation.stages[0]["rejected"] == 1)
    #expect(rejecting.operation.stages[0]["open"] == 2)
    #expect(early == ["a=1@9", "b=1@9"])
    #expect(evicting.operation.stages[0]["evicted"] == 2)
    #expect(evicting.operation.stages[0]["open"] == 2)
    #expect(evicting.watermark(10) == ["c=1@9", "a=1@9"])
  }

  @Test func `a window of many keys is given out as there is room`() {
    var bench = bench()
    for number in 0..<1_000 { _ = bench.element(5, of: "\(number)") }
    #expect(bench.operation.stages[0]["waiting"] == 1)
    bench.operationAdvance(to: 10)
    var operation = bench.operation
    var given = 0
    while operation.isPending {
      var part = 0
      operation.resume(at: 0, room: 256) { _ in part += 1 }
      #expect(part <= 256)
      given += part
    }
    #expect(given == 1_000)
    #expect(operation.stages[0]["open"] == 0)
  }
}
