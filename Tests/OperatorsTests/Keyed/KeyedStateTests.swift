// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct KeyedStateTests {
  private func counting(
    _ marbles: Marbles<Character>,
    ttl: Duration? = nil,
    maximumKeys: Int = 100,
    atBound bound: KeyBound = .evictOldest
  ) -> [[String]] {
    marbles.through { flow in
      flow.keyed(
        by: { $0 },
        ttl: ttl,
        maximumKeys: maximumKeys,
        atBound: bound,
        initial: { 0 },
        { (count: inout Int, element: Character) -> String? in
          count += 1
          return "\(element)\(count)"
        }
      )
    }.steps
  }

  @Test func `each key has a state of its own`() {
    #expect(counting("aba(ab)|") == [["a1"], ["b1"], ["a2"], ["a3", "b2"], []])
  }

  @Test func `nothing comes out where the closure says nothing`() {
    let result = Marbles("abab|").through { flow in
      flow.keyed(by: { $0 }, initial: { false }) { isKnown, element in
        defer { isKnown = true }
        return isKnown ? element : nil
      }
    }
    #expect(result == "--ab|")
  }

  @Test func `a key that was silent for longer than its time to live starts anew`() {
    let result = counting("a--a---a|", ttl: .milliseconds(3))
    #expect(result == [["a1"], [], [], ["a2"], [], [], [], ["a1"], []])
  }

  @Test func `beyond the bound the key goes that was silent longest`() {
    let result = counting("abacbc|", maximumKeys: 2)
    #expect(result == [["a1"], ["b1"], ["a2"], ["c1"], ["b1"], ["c2"], []])
  }

  @Test func `beyond the bound elements of new keys are dropped if so told`() {
    let result = counting("abacbc|", maximumKeys: 2, atBound: .reject)
    #expect(result == [["a1"], ["b1"], ["a2"], [], ["b2"], [], []])
  }

  @Test func `what goes is counted`() {
    var operation = KeyedState<Int, Int, Int, Int>(
      by: { $0 },
      ttl: .milliseconds(10),
      maximumKeys: 3,
      atBound: .evictOldest,
      initial: { 0 },
      { $0 + $1 }
    )
    for value in 0..<5 { operation.receive(value, at: 0) { _ in } }
    operation.receive(9, at: 11) { _ in }
    let counters: KeyValuePairs<String, UInt64> = [
      "expired": 3, "evicted": 2, "rejected": 0, "keys": 1,
    ]
    #expect(operation.stages == [StageStatistics("keyed", counters)])
  }

  @Test func `random streams meet the states that the definitions say`() async throws {
    for (ttl, maximumKeys) in [(5, 100), (100, 3), (4, 4)] {
      try await OperatorLaws.expect { flow in
        flow.keyed(
          by: { $0 % 7 },
          ttl: .milliseconds(ttl),
          maximumKeys: maximumKeys,
          initial: { 0 },
          { (sum: inout Int, element: Int) -> Int? in
            sum += element
            return sum % 5 == 0 ? nil : sum
          }
        )
      } gives: { steps in
        KeyedOracle(ttl: ttl, maximumKeys: maximumKeys).outputs(of: steps)
      }
    }
  }
}

/// Sums by key as the definitions say, with a plain list of keys.
private struct KeyedOracle {
  let ttl: Int
  let maximumKeys: Int

  func outputs(of steps: [[Int]]) -> [Int] {
    var keys: [(key: Int, sum: Int, touched: Int)] = []
    var outputs: [Int] = []
    for (step, values) in steps.enumerated() {
      for value in values {
        keys.removeAll { $0.touched + ttl < step }
        var sum = 0
        if let place = keys.firstIndex(where: { $0.key == value % 7 }) {
          sum = keys.remove(at: place).sum
        } else if keys.count == maximumKeys {
          keys.removeFirst()
        }
        sum += value
        keys.append((value % 7, sum, step))
        if sum % 5 != 0 { outputs.append(sum) }
      }
    }
    return outputs
  }
}
