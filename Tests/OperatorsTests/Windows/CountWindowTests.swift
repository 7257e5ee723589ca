// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct CountWindowTests {
  private typealias Result = WindowResult<String, Tally.Result>

  private func windows(
    _ windows: CountWindows,
    limit: Int? = nil,
    _ overflow: WindowOverflow = .rejectNewest
  ) -> some Operator<Reading, Result> {
    let windowed = Topic<Reading>("t").flow().window(windows, by: \.key, at: \.time)
    return (limit.map { windowed.limited(to: $0, overflow) } ?? windowed).aggregate { Tally() }
      .chain
  }

  private func readings(_ count: Int, _ random: inout SeededGenerator) -> [Reading] {
    (0..<count).map { number in
      Reading(
        key: ["a", "b", "c"].randomElement(using: &random) ?? "a",
        time: Timestamp(milliseconds: Int64.random(in: -50...50, using: &random)),
        value: number
      )
    }
  }

  /// Windows of a list by the book: those that are full in the order of their last elements, then
  /// what is left of each key.
  private func expected(_ all: [Reading], _ size: Int, _ every: Int) -> [Result] {
    var (full, rest) = ([(last: Int, Result)](), [(key: Int, start: Int, Result)]())
    // A key is forgotten with its last window, and comes anew.
    for key in Set(all.map(\.key)) {
      let own = all.indices.filter { all[$0].key == key }
      for start in stride(from: 0, to: own.count, by: every) {
        let part = own[start...].prefix(size)
        let result = self.result(part.map { all[$0] }, key)
        let firstOfKey = every == size ? own[start] : own[0]
        if part.count == size {
          full.append((part.last ?? 0, result))
        } else {
          rest.append((firstOfKey, start, result))
        }
      }
    }
    return full.sorted { $0.last < $1.last }.map(\.1)
      + rest.sorted { ($0.key, $0.start) < ($1.key, $1.start) }.map(\.2)
  }

  private func result(_ part: [Reading], _ key: String) -> Result {
    var tally = Tally()
    for reading in part { tally.add(reading) }
    let times = part.map(\.time)
    return WindowResult(
      start: times.min() ?? 0,
      end: (times.max() ?? 0).advanced(byMilliseconds: 1),
      key: key,
      value: tally.result
    )
  }

  @Test func `windows by number are those of a list, however they are cut`() {
    for seed in 0..<300 {
      var random = SeededGenerator(seed)
      let size = Int.random(in: 1...7, using: &random)
      let every = Bool.random(using: &random) ? size : Int.random(in: 1...size, using: &random)
      let all = readings(Int.random(in: 0...40, using: &random), &random)
      let room = [1, 2, 256].randomElement(using: &random) ?? 1
      let log = all.map { Happening.element($0, at: 5) }
      let run = CutTest(log, room: room) { windows(.count(size, every: every)) }
      let isSame = run.outputs().map(\.output) == expected(all, size, every)
      #expect(isSame, "seed \(seed): \(size) every \(every)")
      if seed % 10 == 0 { run.expectSameWhereverCut(limit: 20) }
    }
  }

  /// The last of these is empty in Flow's own documentation; ours has no windows without elements.
  @Test func `W17: windows of ten numbers`() {
    let chain = Topic<Int>("n").flow().window(.count(10)).aggregate { Sum(of: { $0 }) }.chain
    var sums: [Int] = []
    chain.run(over: 1...100, at: 0) { sums.append($0.value) }
    #expect(sums == [55, 155, 255, 355, 455, 555, 655, 755, 855, 955])
  }

  @Test func `W17: one window that fires early at each tenth number, and at the end`() {
    let chain = Topic<Int>("n").flow()
      .window(.global)
      .triggering(early: .count(10))
      .aggregate { Sum(of: { $0 }) }
      .chain
    var sums: [Int] = []
    chain.run(over: 1...100, at: 0) { sums.append($0.value) }
    #expect(sums == [55, 210, 465, 820, 1275, 1830, 2485, 3240, 4095, 5050, 5050])
  }

  @Test func `a key that finds no room is rejected, or the oldest leaves early`() {
    let all = ["a", "b", "c", "a"].map { Reading(key: $0, time: 0, value: 1) }
    var lines: [String] = []
    var rejecting = windows(.count(2), limit: 2)
    for reading in all {
      rejecting.receive(reading, at: 0) { lines.append("\($0.key)\($0.value.sum)") }
    }
    #expect(lines == ["a2"])
    #expect(rejecting.stages.last?["rejected"] == 1)
    lines = []
    windows(.count(2), limit: 2, .evictOldest)
      .run(over: all, at: 0) { lines.append("\($0.key)\($0.value.sum)\($0.isFinal ? "." : "…")") }
    #expect(lines == ["a1…", "b1…", "c1.", "a1."])
  }
}
