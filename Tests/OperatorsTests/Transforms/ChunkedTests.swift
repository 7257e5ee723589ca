// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct ChunkedTests {
  private func chunked(
    _ marbles: Marbles<Character>,
    _ count: Int,
    _ milliseconds: Int? = nil
  ) -> [[String]] {
    marbles.through { flow in
      flow.chunked(by: count, within: milliseconds.map { .milliseconds($0) }).map { String($0) }
    }.steps
  }

  @Test func `a chunk comes when it is full, the last at the end`() {
    #expect(chunked("ab(cd)e|", 2) == [[], ["ab"], ["cd"], [], ["e"]])
    #expect(chunked("ab|", 1) == [["a"], ["b"], []])
    #expect(chunked("--|", 2) == [[], [], []])
  }

  @Test func `a chunk comes when its time is over, with the elements of its last instant`() {
    #expect(chunked("ab-c----|", 9, 3) == [[], [], [], ["abc"], [], [], [], [], []])
    #expect(chunked("a---b---|", 9, 3) == [[], [], [], ["a"], [], [], [], ["b"], []])
  }

  @Test func `the time counts from the first element of each chunk`() {
    #expect(chunked("abc---d----|", 3, 3)[2] == ["abc"])
    #expect(chunked("abc---d----|", 3, 3)[9] == ["d"])
  }

  @Test func `random streams are chunked as the definitions say`() async throws {
    try await OperatorLaws.expect { flow in
      flow.chunked(by: 3, within: .milliseconds(4))
    } gives: { steps in
      chunks(of: 3, within: 4, steps)
    }
  }

  @Test func `a chunk of no elements is a mistake of the caller`() async {
    await #expect(processExitsWith: .failure) { _ = Topic<Int>("t").flow().chunked(by: 0) }
  }

  private func chunks(of count: Int, within length: Int, _ steps: [[Int]]) -> [[Int]] {
    var result: [[Int]] = []
    var chunk: [Int] = []
    var begun = 0
    for (step, values) in steps.enumerated() {
      for value in values {
        if chunk.isEmpty { begun = step }
        chunk.append(value)
        if chunk.count == count {
          result.append(chunk)
          chunk = []
        }
      }
      if !chunk.isEmpty, step == begun + length {
        result.append(chunk)
        chunk = []
      }
    }
    return chunk.isEmpty ? result : result + [chunk]
  }
}
