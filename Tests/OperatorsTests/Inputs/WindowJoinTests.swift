// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

@Suite struct WindowJoinTests {
  private typealias Step = InputStep<Reading, Reading>
  private typealias Grouping = WindowGrouping<Reading, Reading, String>

  private func grouping(
    _ windows: AlignedWindows = .tumbling(.milliseconds(10)),
    limit: Int = 1_000
  ) -> Grouping {
    WindowGrouping(windows, on: \.key, equals: \.key, at: \.time, \.time, limit: limit)
  }

  private func pairs(
    _ windows: AlignedWindows = .tumbling(.milliseconds(10))
  ) -> Fused<Grouping, WindowPairs<String, Reading, Reading>> {
    Fused(grouping(windows), WindowPairs())
  }

  private func left(_ time: Int, _ value: Int, _ key: String = "a") -> Step {
    .left(Reading(key: key, time: Timestamp(milliseconds: Int64(time)), value: value))
  }

  private func right(_ time: Int, _ value: Int, _ key: String = "a") -> Step {
    .right(Reading(key: key, time: Timestamp(milliseconds: Int64(time)), value: value))
  }

  private func text(_ group: WindowGroup<String, Reading, Reading>) -> String {
    "\(group.start.milliseconds) \(group.key) \(group.left.map(\.value)) \(group.right.map(\.value))"
  }

  @Test func `a group comes for each window and key when the watermark reaches the end`() throws {
    let steps = [
      left(3, 1), right(9, 2), right(12, 3), left(4, 4, "b"), left(-1, 5), .watermark(9),
    ]
    #expect(
      try run(grouping(), steps, finishing: false).outputs.map(text) == ["-10 a [5] []"]
    )
    #expect(
      try run(grouping(), steps + [.watermark(10)], finishing: false).outputs.map(text) == [
        "-10 a [5] []", "0 a [1] [2]", "0 b [4] []",
      ]
    )
  }

  @Test func `pairs are those of one window and key`() throws {
    let steps = [left(3, 1), left(4, 2), right(9, 3), right(8, 4), left(12, 5), right(5, 6, "b")]
    let outputs = try run(pairs(), steps, room: 3).outputs
    #expect(
      outputs.map { [$0.left.value, $0.right.value] } == [[1, 3], [1, 4], [2, 3], [2, 4]]
    )
    #expect(outputs.allSatisfy { $0.start == 0 && $0.end == 10 && $0.time == 9 })
  }

  @Test func `an element whose window was given out is late`() throws {
    let result = try run(grouping(), [.watermark(10), left(9, 1), left(10, 2)])
    #expect(result.outputs.map(text) == ["10 a [2] []"])
    #expect(result.chain.stages[0]["late"] == 1)
  }

  @Test func `beyond the limit elements are dropped until there is room`() throws {
    let steps = [left(1, 1), left(2, 2), right(3, 3), .watermark(10), right(12, 4)]
    let result = try run(grouping(limit: 2), steps)
    #expect(result.outputs.map(text) == ["0 a [1, 2] []", "10 a [] [4]"])
    #expect(result.chain.stages[0]["dropped"] == 1)
    #expect(result.chain.stages[0]["held"] == 0)
  }

  @Test(arguments: 0..<40)
  func `random inputs are grouped as the definition says`(seed: Int) throws {
    var maker = InputMaker(seed)
    let steps = maker.steps(150)
    let windows = AlignedWindows.sliding(.milliseconds(12), every: .milliseconds(4))
    let whole = try run(grouping(windows), steps).outputs
    var (expected, watermark) = ([String: Int](), Int64.min)
    for step in steps {
      switch step {
      case .watermark(let instant): watermark = max(watermark, instant.milliseconds)
      case .left(let element), .right(let element):
        for start in stride(from: Int64(-100), to: 1_000, by: 4)
        where (start..<start + 12).contains(element.time.milliseconds) && start + 12 > watermark {
          expected["\(start) \(element.key)", default: 0] += 1
        }
      }
    }
    let counts = whole.map {
      ("\($0.start.milliseconds) \($0.key)", $0.left.count + $0.right.count)
    }
    #expect(Dictionary(uniqueKeysWithValues: counts) == expected)
    #expect(whole.map(\.end) == whole.map(\.end).sorted())
    let cut = Int.random(in: 0..<150, using: &maker.random)
    #expect(try run(grouping(windows), steps, room: 1, cut: cut).outputs == whole)
    let every = try run(pairs(windows), steps).outputs
    #expect(try run(pairs(windows), steps, room: 1, cut: cut).outputs == every)
    let count = whole.reduce(0) { $0 + $1.left.count * $1.right.count }
    #expect(every.count == count)
  }
}
