// SPDX-License-Identifier: Apache-2.0
import Testing

/// Runs what RxJS expects of its operators against ours; see Vectors/LICENSE.md.
@Suite struct RxVectorTests {
  /// What comes out of a test's flow, and what should.
  private func run(_ test: RxTest) async throws -> (found: RxTimeline, expected: RxTimeline) {
    let world = RxWorld()
    let scene = RxScene(test, in: world)
    let expectation = test.expects[0]
    let flow = try scene.flow(expectation.observable)
    let expected = RxTimeline(expectation.expected, values: expectation.values?["v"])
    let unsubscribed = expectation.unsub.map { RxTimeline($0, values: nil).elements[0].at }
    let length = test.sources.reduce(expected.end) { $0 + $1.timeline.end } + 50
    var run = RxRun(world)
    try await run.read(flow, until: unsubscribed ?? length)
    let end = unsubscribed ?? (expected.ending == nil ? expected.end : length)
    return (run.timeline.before(end), expected.before(end))
  }

  @Test(arguments: RxTest.all)
  func `what RxJS expects comes out, or is listed with a reason`(test: RxTest) async throws {
    let reason = RxDifferences.reason(for: test)
    do {
      let (found, expected) = try await run(test)
      if reason == nil {
        #expect(found == expected)
      } else {
        #expect(found != expected, "it is the same after all: take it off the list")
      }
    } catch let unmapped as RxUnmapped {
      #expect(reason != nil, "neither run nor listed: \(unmapped.reason)")
    }
  }

  @Test func `the list of differences names only what there is`() {
    let names = Set(RxTest.all.map(\.name))
    let operators = Set(RxTest.all.flatMap(\.ops))
    for name in RxDifferences.tests.keys { #expect(names.contains(name), "\(name)") }
    for name in RxDifferences.operators.keys {
      #expect(operators.contains(name) && RxMapping.operators[name] == nil, "\(name)")
    }
  }

  @Test func `most of what has a counterpart is run`() {
    let mapped = RxTest.all.filter { test in
      test.ops.allSatisfy { RxDifferences.operators[$0] == nil }
    }
    let listed = mapped.filter { RxDifferences.tests[$0.name] != nil }
    #expect(mapped.count > 4 * listed.count)
  }
}
