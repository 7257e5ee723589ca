// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What the closures of these tests throw.
private struct Odd: Error, Equatable {}

@Sendable private func even(_ number: Int) throws -> Int {
  if number % 2 != 0 { throw Odd() }
  return number
}

@Suite struct ThrowingTests {
  private var flow: Flow<Identity<Int>> { Topic<Int>("n").flow() }

  @Test func `a closure that does not throw gets the operator that can't fail`() {
    func fails<Chain: Operator>(_ flow: Flow<Chain>) -> Bool { Chain.fails }
    #expect(!fails(flow.map { $0 + 1 }))
    #expect(!fails(flow.map(String.init)))
    #expect(!fails(flow.map(\.description)))
    #expect(!fails(flow.filter { $0 > 1 }))
    #expect(
      !fails(
        flow.filter { number in
          let twice = number * 2
          return twice > 1
        }
      )
    )
    #expect(!fails(flow.compactMap { $0 > 1 ? $0 : nil }))
    #expect(!fails(flow.compactMap { number, now in now > 0 ? number : nil }))
    #expect(!fails(flow.flatMap { [$0] }))
    #expect(!fails(flow.scan(0) { $0 += $1 }))
    #expect(!fails(flow.reduce(into: 0) { $0 += $1 }))
    #expect(!fails(flow.tap { _ in }))
  }

  @Test func `a closure that throws gets the operator that can fail`() {
    func fails<Chain: Operator>(_ flow: Flow<Chain>) -> Bool { Chain.fails }
    #expect(fails(flow.map { try even($0) }))
    #expect(fails(flow.map(even)))
    #expect(fails(flow.filter { try even($0) > 1 }))
    #expect(fails(flow.compactMap { try even($0) as Int? }))
    #expect(fails(flow.compactMap { number, now in now > 0 ? try even(number) : nil }))
    #expect(fails(flow.flatMap { [try even($0)] }))
    #expect(fails(flow.scan(0) { $0 += try even($1) }))
    #expect(fails(flow.reduce(into: 0) { $0 += try even($1) }))
    #expect(fails(flow.tap { _ = try even($0) }))
    #expect(fails(flow.map { try even($0) }.filter { $0 > 1 }))
  }

  /// What comes out of a flow over 1, 2, 3, 4, and the failures.
  private func run<Chain: Operator>(
    _ build: (Flow<Identity<Int>>) -> Flow<Chain>
  ) async throws -> (outputs: [Chain.Output], failures: [ElementFailure])
  where Chain.Input == Int {
    let topic = Topic<Int>("n", clock: ManualClock(5))
    let sink = ProbeSink<ElementFailure>()
    try await topic.publish([1, 2, 3, 4])
    topic.close()
    var outputs: [Chain.Output] = []
    let flow = build(topic.flow(from: .earliest)).supervised(.skip(to: sink))
    for try await output in flow { outputs.append(output) }
    return (outputs, sink.elements)
  }

  private func expectOdd(
    _ failures: [ElementFailure],
    of stage: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(failures.map(\.stage) == [stage, stage], sourceLocation: sourceLocation)
    #expect(failures.map { $0.element as? Int } == [1, 3], sourceLocation: sourceLocation)
    #expect(failures.allSatisfy { $0.error is Odd }, sourceLocation: sourceLocation)
    #expect(failures.map(\.appended) == [5, 5], sourceLocation: sourceLocation)
  }

  @Test func `an element on which map throws is left out, and known`() async throws {
    let (outputs, failures) = try await run { $0.map { try even($0) * 10 } }
    #expect(outputs == [20, 40])
    expectOdd(failures, of: "map")
  }

  @Test func `an element on which filter throws is left out, and known`() async throws {
    let (outputs, failures) = try await run { $0.filter { try even($0) > 2 } }
    #expect(outputs == [4])
    expectOdd(failures, of: "filter")
  }

  @Test func `an error of a type of its own is known by that type`() async throws {
    let failing = { @Sendable (number: Int) throws(Odd) -> Int in
      if number % 2 != 0 { throw Odd() }
      return number
    }
    let (outputs, failures) = try await run { $0.map(failing) }
    #expect(outputs == [2, 4])
    expectOdd(failures, of: "map")
  }

  @Test func `an element on which compactMap throws is left out, and known`() async throws {
    let (outputs, failures) = try await run { $0.compactMap { try even($0) > 2 ? "\($0)" : nil } }
    #expect(outputs == ["4"])
    expectOdd(failures, of: "compactMap")
  }

  @Test func `an element on which flatMap throws is left out, and known`() async throws {
    let (outputs, failures) = try await run { $0.flatMap { 0..<(try even($0)) } }
    #expect(outputs == [0, 1, 0, 1, 2, 3])
    expectOdd(failures, of: "flatMap")
  }

  @Test func `an element on which scan throws is left out, and known`() async throws {
    let (outputs, failures) = try await run { $0.scan(0) { $0 += try even($1) } }
    #expect(outputs == [2, 6])
    expectOdd(failures, of: "scan")
  }

  @Test func `an element on which reduce throws is left out, and known`() async throws {
    let (outputs, failures) = try await run { $0.reduce(into: 0) { $0 += try even($1) } }
    #expect(outputs == [6])
    expectOdd(failures, of: "reduce")
  }

  @Test func `an element on which tap throws is left out, and known`() async throws {
    let (outputs, failures) = try await run { $0.tap { _ = try even($0) } }
    #expect(outputs == [2, 4])
    expectOdd(failures, of: "tap")
  }

  @Test func `the flow ends with the failure if nothing else is said`() async throws {
    let topic = Topic<Int>("n")
    try await topic.publish([2, 3, 4])
    var iterator = topic.flow(from: .earliest).map { try even($0) }.makeAsyncIterator()
    #expect(try await iterator.next() == 2)
    let failure = await #expect(throws: ElementFailure.self) { _ = try await iterator.next() }
    #expect(failure?.stage == "map" && failure?.element as? Int == 3)
  }

  @Test func `what has failed is counted by the stage`() {
    var operation = Map<Int, Int, any Error> { try even($0) }
    for value in 1...5 { operation.receive(value, at: 0) { _ in } }
    #expect(operation.stages[0]["failed"] == 3)
    var taken = 0
    operation.takeFailures { _ in taken += 1 }
    #expect(taken == 3 && !operation.hasFailures)
  }

  @Test func `a cut behind a failure keeps what is still to be told`() {
    let log = (1...6).map { number -> Happening<Int> in
      .element(number, at: Timestamp(milliseconds: Int64(number)))
    }
    let sums = CutTest(log, room: 1) {
      flow.reduce(into: 0) { $0 += $1 }.map { try even($0) }.reduce(into: 100) { $0 += $1 }.chain
    }
    #expect(sums.outputs().map(\.output) == [100])
    sums.expectSameWhereverCut()
    CutTest(log, room: 1) {
      flow.delay(by: .milliseconds(2)).map { try even($0) }.debounce(for: .milliseconds(1))
        .map { try even($0 / 2) }.scan(0) { $0 += $1 }.chain
    }
    .expectSameWhereverCut()
    let groups = CutTest(log, room: 1) {
      flow.flatMap { [$0, $0 + 1, $0 + 2] }.map { try even($0) }
        .grouped(by: { $0 % 3 }) { group in
          group.map { try even($0 / 2) }.chunked(by: 2).map { try even($0[0] / 2) }
            .reduce(into: 5) { $0 += $1 }
        }
        .map { "\($0.key) \($0.value)" }.chain
    }
    #expect(groups.outputs().count == 3)
    groups.expectSameWhereverCut()
  }

  @Test func `throwing operators go on from a checkpoint`() async throws {
    try await OperatorLaws.expect { flow in
      flow.map { $0 & ~1 }.scan(0) { $0 += try even($1) }.flatMap { [try even($0), 1] }
    } gives: { steps in
      var sum = 0
      return steps.joined().flatMap { value in
        sum += value & ~1
        return [sum, 1]
      }
    }
  }
}
