// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct FilterTests {
  @Test func `only elements that satisfy the condition pass, at their instants`() {
    #expect(Marbles("aBc-(De)F|").through { $0.filter(\.isLowercase) } == "a-c-e-|")
  }

  @Test func `what is dropped is counted`() {
    var filter = Filter<Int, Never> { $0 > 2 }
    for value in 1...5 { filter.receive(value, at: 0) { _ in } }
    #expect(filter.stages == [StageStatistics("filter", ["dropped": 2], passage: .all(but: 2))])
  }

  @Test func `filters in a row are one condition`() {
    let both = Marbles("aBcDeF|").through { $0.filter(\.isLowercase).filter { $0 != "c" } }
    #expect(both == "a---e-|")
  }
}

@Suite struct MapTests {
  @Test func `each element becomes another`() {
    let result = Marbles("ab-(cd)|").through { $0.map { Character($0.uppercased()) } }
    #expect(result == "AB-(CD)|")
  }

  @Test func `compactMap leaves out what becomes nothing, and counts it`() {
    let numbers = Marbles("1a-(2b3)|").through { $0.compactMap(\.wholeNumberValue) }
    #expect(numbers.steps == [[1], [], [], [2, 3], []])
    var operation = CompactMap<Int, Int, Never> { value, _ in value > 1 ? value : nil }
    for value in 0..<3 { operation.receive(value, at: 0) { _ in } }
    #expect(operation.stages[0]["dropped"] == 2)
  }

  @Test func `compactMap may see the instant`() {
    let instants = Marbles("a-b|").through { $0.compactMap { _, now in now.milliseconds } }
    #expect(instants.steps == [[0], [], [2], []])
  }
}

@Suite struct ScanTests {
  @Test func `scan gives the running value after each element`() {
    let sums = Marbles("12-3|").map { $0.wholeNumberValue ?? 0 }.through { $0.scan(0) { $0 += $1 } }
    #expect(sums.steps == [[1], [3], [], [6], []])
  }

  @Test func `reduce gives one value at the end`() {
    let numbers = Marbles("12-3|").map { $0.wholeNumberValue ?? 0 }
    #expect(numbers.through { $0.reduce(into: 0) { $0 += $1 } }.steps == [[], [], [], [], [6]])
    let open = Marbles("12-3").map { $0.wholeNumberValue ?? 0 }
    #expect(open.through { $0.reduce(into: 0) { $0 += $1 } }.steps == [[], [], [], []])
  }

  @Test func `reduce of nothing is the initial value`() {
    let result = Marbles("|").through { $0.reduce(into: "none") { $0.append($1) } }
    #expect(result.steps == [["none"]])
  }

  @Test func `a throttle before a reduce gives all it holds before the end`() {
    let result = Marbles("abcAd|").through {
      $0.throttle(for: .milliseconds(3), by: \.isUppercase).reduce(into: "") { $0.append($1) }
    }
    #expect(result.steps.last == ["cAd"])
  }
}
