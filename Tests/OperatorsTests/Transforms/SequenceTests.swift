// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct PairwiseTests {
  @Test func `each element comes with the one before it`() {
    let result = Marbles("a-b(cd)|").through { flow in
      flow.pairwise().map { "\($0.previous)\($0.current)" }
    }
    #expect(result.steps == [[], [], ["ab"], ["bc", "cd"], []])
  }

  @Test func `random streams come out as neighbours`() async throws {
    try await OperatorLaws.expect { flow in
      flow.pairwise()
    } gives: { steps in
      let all = Array(steps.joined())
      return zip(all, all.dropFirst()).map { Pair(previous: $0, current: $1) }
    }
  }
}

@Suite struct PrependTests {
  @Test func `values come before everything`() {
    #expect(Marbles("--c-d|").through { $0.prepend("a", "b") } == "(ab)-c-d|")
    #expect(Marbles("|").through { $0.prepend("a") } == "(a|)")
    #expect(Marbles("a|").through { $0.prepend() } == "a|")
  }

  @Test func `they come as soon as the flow is read`() async throws {
    var iterator = Topic<Int>("silent").flow().prepend(contentsOf: [1, 2]).makeAsyncIterator()
    #expect(try await iterator.next() == 1)
    #expect(try await iterator.next() == 2)
  }

  @Test func `they wait for what is still to come out behind them`() async throws {
    try await OperatorLaws.expect { flow in
      flow.prepend(3, 4).flatMap { [$0, $0] }
    } gives: { steps in
      let all: [Int] = [3, 4] + steps.joined()
      return all.flatMap { [$0, $0] }
    }
  }

  @Test func `they come once, wherever the flow is cut`() async throws {
    try await OperatorLaws.expect { flow in
      flow.filter { $0 > 9 }.prepend(contentsOf: Array(1...7))
    } gives: { steps in
      Array(1...7) + steps.joined().filter { $0 > 9 }
    }
  }

  @Test func `a run over elements that are all there has them first`() {
    var outputs: [Int] = []
    Prepend([1, 2]).run(over: [3], at: 0) { outputs.append($0) }
    #expect(outputs == [1, 2, 3])
  }
}

@Suite struct AppendTests {
  @Test func `values come when the flow ends`() {
    #expect(Marbles("a-b--|").through { $0.append("y", "z") } == "a-b--(yz|)")
    #expect(Marbles("a-b--").through { $0.append("y", "z") } == "a-b--")
  }

  @Test func `they come behind all that was held`() async throws {
    try await OperatorLaws.expect { flow in
      flow.chunked(by: 4).append(contentsOf: [[], [-1]]).append([-2])
    } gives: { steps in
      chunks(of: 4, Array(steps.joined())) + [[], [-1], [-2]]
    }
  }
}

@Suite struct TapTests {
  @Test func `a tap sees each element and lets it pass`() {
    let seen = Seen()
    let result = Marbles("a-(bc)|").through { flow in flow.tap { seen.note($0) } }
    #expect(result == "a-(bc)|")
    #expect(seen.characters == ["a", "b", "c"])
  }
}

@Suite struct MetricsTests {
  @Test func `it counts elements and the rate of the log's seconds`() {
    var metrics = Metrics<Int>("orders")
    for instant in [0, 10, 999, 1_000, 1_500, 2_100, 7_000] {
      metrics.receive(1, at: Timestamp(milliseconds: Int64(instant))) { _ in }
      if instant == 1_500 {
        let counters: KeyValuePairs<String, UInt64> = [
          "elements": 5, "perSecond": 3, "peakPerSecond": 3,
        ]
        #expect(metrics.stages == [StageStatistics("orders", counters)])
      }
    }
    #expect(metrics.stages[0]["elements"] == 7)
    #expect(metrics.stages[0]["perSecond"] == 0)
    #expect(metrics.stages[0]["peakPerSecond"] == 3)
  }

  @Test func `seconds before the epoch are seconds too`() {
    var metrics = Metrics<Int>("old")
    for instant in [-1_500, -900, -100, 100, 1_000] {
      metrics.receive(1, at: Timestamp(milliseconds: Int64(instant))) { _ in }
    }
    #expect(metrics.stages[0]["peakPerSecond"] == 2)
    #expect(metrics.stages[0]["perSecond"] == 1)
  }
}

func chunks(of count: Int, _ elements: [Int]) -> [[Int]] {
  stride(from: 0, to: elements.count, by: count).map {
    Array(elements[$0..<min($0 + count, elements.count)])
  }
}
