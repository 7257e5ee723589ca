// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@testable import Operators

@Suite struct IntervalJoinTests {
  private typealias Step = InputStep<Reading, Reading>
  private typealias Join<Output: Sendable> = IntervalJoin<Reading, Reading, String, Output>

  private func rule(_ lower: Int, _ upper: Int) -> IntervalRule<Reading, Reading, String> {
    IntervalRule(\.key, \.key, .milliseconds(lower) ... .milliseconds(upper), \.time, \.time)
  }

  private func inner(
    _ lower: Int,
    _ upper: Int,
    limit: JoinLimit = .standard
  ) -> Join<String> {
    IntervalJoin(rule(lower, upper), limit: limit) { "\($0.value)-\($1.value)" }
  }

  private func outer(
    _ lower: Int,
    _ upper: Int,
    limit: JoinLimit = .standard
  ) -> Join<String> {
    IntervalJoin(
      rule(lower, upper),
      limit: limit,
      pair: { "\($0.value)-\($1.value)" },
      single: { "\($0.value)-" }
    )
  }

  private func left(_ time: Int, _ value: Int, _ key: String = "a") -> Step {
    .left(Reading(key: key, time: Timestamp(milliseconds: Int64(time)), value: value))
  }

  private func right(_ time: Int, _ value: Int, _ key: String = "a") -> Step {
    .right(Reading(key: key, time: Timestamp(milliseconds: Int64(time)), value: value))
  }

  @Test func `both ends of the interval count, and keys must be equal`() throws {
    let steps = [
      left(10, 1), right(4, 2), right(5, 3), right(20, 4), right(21, 5), right(9, 6, "b"),
    ]
    #expect(try run(inner(-5, 10), steps).outputs == ["1-3", "1-4"])
  }

  @Test func `one element meets those of the other side in the order of their times`() throws {
    let steps = [right(9, 1), right(3, 2), right(6, 3), right(6, 4), left(5, 5)]
    #expect(try run(inner(-5, 5), steps, room: 1).outputs == ["5-2", "5-3", "5-4", "5-1"])
  }

  @Test func `state goes when the watermark has passed all that could come`() throws {
    let steps = [left(10, 1), right(10, 2), .watermark(16)]
    var result = try run(inner(-5, 5), steps, finishing: false)
    #expect(result.chain.stages[0]["held"] == 0)
    result = try run(inner(-5, 5), [left(10, 1), right(10, 2), .watermark(15)], finishing: false)
    #expect(result.chain.stages[0]["held"] == 2)
  }

  @Test func `an element that can meet nothing any more is late`() throws {
    let steps = [.watermark(20), left(14, 1), right(14, 2), left(15, 3), right(15, 4)]
    let result = try run(outer(-5, 5), steps)
    #expect(result.outputs == ["3-4"])
    #expect(result.chain.stages[0]["late"] == 2)
  }

  @Test func `a left join gives out what has met none, when nothing can come any more`() throws {
    let steps = [left(10, 1), left(11, 2, "b"), right(10, 3), .watermark(16), left(30, 4)]
    var result = try run(outer(0, 5), steps, finishing: false)
    #expect(result.outputs == ["1-3"])
    result = try run(outer(0, 5), steps + [.watermark(17)], finishing: false)
    #expect(result.outputs == ["1-3", "2-"])
    #expect(try run(outer(0, 5), steps).outputs == ["1-3", "2-", "4-"])
  }

  @Test func `the end of an input gives out what has met none`() async throws {
    let clock = ManualClock(0)
    let (orders, payments) = (
      Topic<Reading>("orders", clock: clock), Topic<Reading>("payments", clock: clock)
    )
    let flow = orders.flow(from: .earliest).leftJoin(
      payments.flow(from: .earliest),
      on: \.key,
      equals: \.key,
      within: .zero ... .milliseconds(5),
      at: \.time,
      \.time
    )
    var iterator = flow.makeAsyncIterator()
    try await orders.publish([Reading(key: "a", time: 10, value: 1)])
    orders.mark(.endOfInput)
    payments.mark(.endOfInput)
    let single = try #require(try await iterator.next())
    #expect(single.left.value == 1 && single.right == nil)
  }

  @Test func `beyond the limit the first to go goes, and comes out alone`() throws {
    let steps = [left(10, 1), left(12, 2), left(11, 3), right(12, 4)]
    let result = try run(outer(0, 5, limit: JoinLimit(2)), steps)
    #expect(result.outputs == ["1-", "3-", "2-4"])
    #expect(result.chain.stages[0]["dropped"] == 2)
  }

  @Test func `beyond the limit a new one can be refused, which meets what is there`() throws {
    let limit = JoinLimit(2, overflow: .refuse)
    let steps = [left(10, 1), right(10, 2), left(10, 3), left(10, 4, "b"), right(11, 5)]
    let result = try run(outer(0, 5, limit: limit), steps)
    #expect(result.outputs == ["1-2", "3-2", "4-", "1-5"])
    #expect(result.chain.stages[0]["dropped"] == 3)
    #expect(try run(inner(0, 5, limit: limit), steps).outputs == ["1-2", "3-2", "1-5"])
  }

  @Test func `times at the ends of time do no harm`() throws {
    let steps: [Step] = [
      .left(Reading(key: "a", time: .never, value: 1)),
      .right(Reading(key: "a", time: .never, value: 2)),
      .left(Reading(key: "a", time: .distantPast, value: 3)), .watermark(5),
      .right(Reading(key: "a", time: .distantPast, value: 4)),
    ]
    #expect(try run(outer(-5, 5), steps).outputs == ["1-2", "3-"])
  }

  /// Every pair within the interval, late elements aside, and each left element that has none.
  private func oracle(_ steps: [Step], _ lower: Int64, _ upper: Int64) -> Set<String> {
    var (lefts, rights, watermark) = ([Reading](), [Reading](), Timestamp.distantPast)
    var pairs: Set<String> = []
    for step in steps {
      switch step {
      case .watermark(let instant): watermark = max(watermark, instant)
      case .left(let element):
        guard element.time.advanced(byMilliseconds: upper) >= watermark else { continue }
        lefts.append(element)
      case .right(let element):
        guard element.time.advanced(byMilliseconds: -lower) >= watermark else { continue }
        rights.append(element)
      }
    }
    for left in lefts {
      let met = rights.filter { right in
        let distance = right.time.milliseconds - left.time.milliseconds
        return right.key == left.key && (lower...upper).contains(distance)
      }
      pairs.formUnion(met.map { "\(left.value)-\($0.value)" })
      if met.isEmpty { pairs.insert("\(left.value)-") }
    }
    return pairs
  }

  @Test(arguments: 0..<60)
  func `random inputs within the bound are joined as the definition says`(seed: Int) throws {
    var maker = InputMaker(seed)
    // No element is behind the watermark here: it is told at the end alone.
    let steps = maker.steps(120).filter { if case .watermark = $0 { false } else { true } }
    let result = try run(outer(-8, 12), steps)
    #expect(Set(result.outputs) == oracle(steps, -8, 12))
    #expect(Set(result.outputs).count == result.outputs.count)
  }

  @Test(arguments: 0..<60)
  func `random inputs with watermarks lose nothing but what is late`(seed: Int) throws {
    var maker = InputMaker(seed)
    maker.spread = 12
    let steps = maker.steps(160)
    let result = try run(outer(-8, 12), steps)
    let expected = oracle(steps, -8, 12)
    #expect(Set(result.outputs).count == result.outputs.count)
    for output in result.outputs where !output.hasSuffix("-") { #expect(expected.contains(output)) }
    let ids = Set(result.outputs.compactMap { $0.split(separator: "-").first })
    #expect(ids.isSuperset(of: expected.compactMap { $0.split(separator: "-").first }))
  }

  @Test(arguments: 0..<40)
  func `neither the room nor a restart from its state changes what comes out`(seed: Int) throws {
    var maker = InputMaker(seed)
    let steps = maker.steps(120)
    for limit in [JoinLimit.standard, JoinLimit(9), JoinLimit(9, overflow: .refuse)] {
      let whole = try run(outer(-8, 12, limit: limit), steps).outputs
      let cut = Int.random(in: 0..<120, using: &maker.random)
      #expect(try run(outer(-8, 12, limit: limit), steps, room: 1).outputs == whole)
      #expect(try run(outer(-8, 12, limit: limit), steps, room: 2, cut: cut).outputs == whole)
    }
  }
}
