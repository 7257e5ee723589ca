// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct GroupedTests {
  /// What comes out, as text: the key and the value.
  private func grouped<Inner: Operator>(
    _ marbles: Marbles<Character>,
    maximumKeys: Int = 100,
    atBound bound: KeyBound = .evictOldest,
    idleFor idle: Duration? = nil,
    _ operators: (Flow<Identity<Character>>) -> Flow<Inner>
  ) -> [[String]] where Inner.Input == Character {
    marbles.through { flow in
      flow.grouped(
        by: { Character($0.lowercased()) },
        maximumKeys: maximumKeys,
        atBound: bound,
        idleFor: idle,
        operators
      ).map { "\($0.key)\($0.value)" }
    }.steps
  }

  private func joined<Chain: Operator>(
    _ flow: Flow<Chain>
  ) -> Flow<Fused<Chain, Reduce<Character, String, Never>>> where Chain.Output == Character {
    flow.reduce(into: "") { $0.append($1) }
  }

  @Test func `each key has a flow of its own`() {
    let result = grouped("ab(AB)a|") { $0.scan(0) { count, _ in count += 1 } }
    #expect(result == [["a1"], ["b1"], ["a2", "b2"], ["a3"], []])
  }

  @Test func `what the keys hold comes out at the end, the key first that was silent longest`() {
    #expect(grouped("abAC|", joined)[4] == ["bb", "aaA", "cC"])
  }

  @Test func `each key has deadlines of its own`() {
    let result = grouped("ab-A----|") { $0.chunked(by: 9, within: .milliseconds(3)) }
    #expect(result[3] == [#"a["a", "A"]"#])
    #expect(result[4] == [#"b["b"]"#])
    let calm = grouped("aAb-B---c|") { $0.debounce(for: .milliseconds(2)) }
    #expect(calm == [[], [], [], ["aA"], [], [], ["bB"], [], [], ["cc"]])
  }

  @Test func `a key that was silent for long is ended, and may come anew`() {
    let result = grouped("a-A----a--|", idleFor: .milliseconds(3), joined)
    #expect(result == [[], [], [], [], [], ["aaA"], [], [], [], [], ["aa"]])
  }

  @Test func `beyond the bound the key ends that was silent longest`() {
    let result = grouped("abAc--|", maximumKeys: 2, joined)
    #expect(result == [[], [], [], ["bb"], [], [], ["aaA", "cc"]])
  }

  @Test func `beyond the bound elements of new keys are dropped if so told`() {
    let result = grouped("abAc--|", maximumKeys: 2, atBound: .reject, joined)
    #expect(result[6] == ["bb", "aaA"])
  }

  @Test func `a flow that ends by itself takes no more of its key`() {
    #expect(grouped("aAbaB|") { $0.prefix(2) } == [["aa"], ["aA"], ["bb"], [], ["bB"], []])
    let sums = grouped("aAbaB|") { joined($0.prefix(2)) }
    #expect(sums == [[], ["aaA"], [], [], ["bbB"], []])
  }

  @Test func `values before the first element come for each key`() {
    let result = grouped("ab-A|") { $0.prepend("0", "1") }
    #expect(result == [["a0", "a1", "aa"], ["b0", "b1", "bb"], [], ["aA"], []])
  }

  @Test func `what happens to keys is counted`() {
    let limits = GroupLimits(
      maximumKeys: 2,
      atBound: .evictOldest,
      idleFor: .milliseconds(5)
    )
    var operation = Grouped<Int, Prefix<Int>>(by: { $0 }, limits, Prefix(1))
    for (instant, value) in [(0, 1), (1, 2), (2, 2), (3, 3)] {
      let now = Timestamp(milliseconds: Int64(instant))
      operation.receive(value, at: now) { _ in }
      while operation.isPending { operation.resume(at: now, room: 1) { _ in } }
    }
    operation.fire(at: operation.deadline) { _ in }
    while operation.isPending { operation.resume(at: 7, room: 1) { _ in } }
    let counters: KeyValuePairs<String, UInt64> = [
      "idle": 1, "evicted": 1, "rejected": 0, "ended": 1, "keys": 1,
    ]
    #expect(operation.stages == [StageStatistics("grouped", counters)])
  }

  @Test func `failures in a group are failures of the flow`() async throws {
    struct Refused: Error {}
    let topic = Topic<Int>("n")
    try await topic.publish([1, 2, 3, 4])
    topic.close()
    let sink = ProbeSink<ElementFailure>()
    let flow = topic.flow(from: .earliest).grouped(by: { $0 % 2 }) { group in
      group.map { number in
        if number > 2 { throw Refused() }
        return number
      }
    }
    var found: [Keyed<Int, Int>] = []
    for try await value in flow.supervised(.skip(to: sink)) { found.append(value) }
    #expect(found == [Keyed(key: 1, value: 1), Keyed(key: 0, value: 2)])
    #expect(sink.elements.map { $0.element as? Int } == [3, 4])
  }
}
