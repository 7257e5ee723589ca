// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

@Suite struct ProbeSinkTests {
  @Test func `without a demand it takes everything`() async throws {
    let sink = ProbeSink<Int>()
    try await sink.write([1, 2])
    try await sink.write(.endOfInput)
    #expect(sink.items == [.element(1), .element(2), .mark(.endOfInput)])
    #expect((sink.elements, sink.marks, sink.demand) == ([1, 2], [.endOfInput], .max))
  }

  @Test func `a writer waits for what was not asked for`() throws {
    try Simulation.run(seeds: 0..<10, odds: .none) { simulation in
      let sink = ProbeSink<Int>(demand: 1)
      let writer = simulation.task("writer") { try await sink.write([1, 2, 3]) }
      try await sink.heldBack()
      try await sink.expectElements(1)
      try #require(sink.isHoldingBack && sink.demand == 0)
      sink.request(1)
      await simulation.settle()
      try await sink.expectElements(2)
      try sink.expectNothing()
      sink.request(5)
      try await writer.value
      try #require(sink.demand == 4 && !sink.isHoldingBack)
      try await sink.expectElements(3)
    }
  }

  @Test func `a cancelled writer leaves what was taken`() throws {
    try Simulation.run(seeds: 0..<10, odds: .none) { simulation in
      let sink = ProbeSink<Int>(demand: 1)
      let writer = simulation.task("writer") { try await sink.write([1, 2]) }
      try await sink.heldBack()
      writer.cancel()
      await #expect(throws: CancellationError.self) { try await writer.value }
      sink.request(1)
      try #require(sink.elements == [1] && sink.demand == 1)
    }
  }

  @Test func `what differs from what was expected is told`() async throws {
    let sink = ProbeSink<Int>("out")
    try await sink.write([1, 2, 3])
    let other = await #expect(throws: ProbeMismatch.self) { try await sink.expectElements(1, 3) }
    #expect(other?.description == "out: expected [1, 3], found [1, 2]")
    let more = #expect(throws: ProbeMismatch.self) { try sink.expectNothing() }
    #expect(more?.description == "out: expected nothing, found [3]")
    #expect(try await sink.next(1) == [3])
    try await sink.expectElements()
  }

  @Test func `expectations pass over marks`() async throws {
    let sink = ProbeSink<Int>()
    try await sink.write([1])
    try await sink.write(.watermark(4))
    try await sink.write([2])
    try await sink.write(.endOfInput)
    try await sink.expectElements(1, 2)
    try sink.expectNothing()
  }

  @Test func `a probe that fails takes nothing more, and who expects is told`() async throws {
    let sink = ProbeSink<Int>(failingAfter: 2)
    try await sink.write([1])
    await #expect(throws: ProbeSink<Int>.Failure()) { try await sink.write([2, 3]) }
    await #expect(throws: ProbeSink<Int>.Failure()) { try await sink.write([2]) }
    await #expect(throws: ProbeSink<Int>.Failure()) { try await sink.write(.endOfInput) }
    #expect(sink.items == [.element(1)])
    #expect(try await sink.next(1) == [1])
    await #expect(throws: ProbeSink<Int>.Failure()) { try await sink.next(1) }
  }

  @Test func `failing frees a writer that waits, with the first error`() throws {
    try Simulation.run(seeds: 0..<10, odds: .none) { simulation in
      let sink = ProbeSink<Int>(demand: 0)
      let writer = simulation.task("writer") { try await sink.write([1]) }
      try await sink.heldBack()
      sink.fail(Broken(number: 1))
      sink.fail(Broken(number: 2))
      await #expect(throws: Broken(number: 1)) { try await writer.value }
    }
  }

  @Test func `writes that overlap are counted`() throws {
    try Simulation.run(seeds: 0..<10, odds: .none) { simulation in
      let sink = ProbeSink<Int>(demand: 0)
      for name in ["a", "b"] { simulation.task(name) { try await sink.write([1]) } }
      await simulation.settle()
      try #require(sink.overlapCount == 1)
      sink.request(.max)
    }
  }

  @Test func `a task that waits for elements is ended by cancelling`() throws {
    try Simulation.run(seeds: 0..<10, odds: .none) { simulation in
      let sink = ProbeSink<Int>()
      let waiting = simulation.task("waiting") { try await sink.next(1) }
      if simulation.happens(oneIn: 2) { await simulation.settle() }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { _ = try await waiting.value }
    }
  }
}
