// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct SourceProbeTests {
  private let source = SourceProbe<Int>()

  @Test func `readers get what was given before and after, with marks in their places`()
    async throws
  {
    source.emit(1, 2)
    source.watermark(5)
    let reader = source.makeReader()
    source.emit([3])
    source.emit([])
    source.end()
    let batch = try await reader.next()
    #expect(batch?.elements == [1, 2, 3])
    #expect(batch?.items.count == 3)
    #expect(try await reader.next() == nil)
  }

  @Test func `the demand is what was asked for and not answered`() throws {
    let reader = source.makeReader()
    #expect(source.demand == 0)
    _ = try reader.poll(limit: 7, until: .never)
    #expect(source.demand == 7 && !source.isDemanded)
    _ = reader.notify {}
    #expect(source.isDemanded)
    source.emit(1, 2)
    #expect(source.demand == 7)
    _ = try reader.poll(limit: 5, until: .never)
    #expect(source.demand == 0 && !source.isDemanded)
    let statistics = source.statistics
    #expect((statistics.polls, statistics.delivered, statistics.overruns) == (2, 2, 0))
  }

  @Test func `a promise of silence is no answer to a demand`() throws {
    let reader = source.makeReader()
    _ = try reader.poll(limit: 7, until: 0)
    #expect(source.demand == 7)
  }

  @Test func `a reader that leaves before the end has cancelled`() async throws {
    do {
      let reader = source.makeReader()
      _ = try reader.poll(limit: 1, until: .never)
      #expect(source.demand == 1 && !source.isReleased)
    }
    #expect(source.isCancelled && source.isReleased && source.demand == 0)
    try await source.cancelled()
  }

  @Test func `a reader that was told of the end has not`() throws {
    do {
      let reader = source.makeReader()
      source.end()
      while case .batch = try reader.poll(limit: 1, until: .never) {}
      _ = try reader.poll(limit: 1, until: .never)
    }
    #expect(!source.isCancelled && source.isReleased)
    #expect(source.statistics.pollsAfterEnd == 1)
  }

  @Test func `a failure comes behind what was given, and the first counts`() async throws {
    source.emit(1)
    source.fail(Broken(number: 1))
    source.fail(Broken(number: 2))
    source.end()
    #expect(source.isClosed)
    var iterator = source.flow().makeAsyncIterator()
    #expect(try await iterator.next() == 1)
    await #expect(throws: Broken(number: 1)) { _ = try await iterator.next() }
  }

  @Test func `a failure after the end is none`() async throws {
    source.end()
    source.fail(Broken(number: 1))
    var iterator = source.flow().makeAsyncIterator()
    #expect(try await iterator.next() == nil)
  }

  @Test func `who waits for demand is woken by it, or by being cancelled`() throws {
    try Simulation.run(seeds: 0..<10, odds: .none) { simulation in
      let source = SourceProbe<Int>()
      let asked = simulation.task("test's") { try await source.demanded() }
      let never = simulation.task("cancelled") { try await source.cancelled() }
      await simulation.settle()
      simulation.task("reader") { for try await _ in source.flow() {} }
      try #require(try await asked.value == FlowLimits.batch)
      never.cancel()
      await #expect(throws: CancellationError.self) { try await never.value }
    }
  }

  @Test func `instants come from its clock`() async throws {
    let clock = ManualClock(5)
    let source = SourceProbe<Int>(clock: clock)
    var iterator = source.flow().compactMap { "\($0)@\($1.milliseconds)" }.makeAsyncIterator()
    source.emit(1)
    clock.advance(to: 8)
    source.emit(2)
    #expect(try await iterator.next() == "1@5")
    #expect(try await iterator.next() == "2@8")
  }

  @Test func `it has room for what it was made for, and no more`() async throws {
    let source = SourceProbe<Int>(capacity: 3)
    source.emit(1, 2, 3)
    #expect(try await source.makeReader().next()?.elements == [1, 2, 3])
    await #expect(processExitsWith: .failure) { SourceProbe<Int>(capacity: 3).emit(1, 2, 3, 4) }
    await #expect(processExitsWith: .failure) {
      let source = SourceProbe<Int>()
      source.end()
      source.emit(1)
    }
  }
}

struct Broken: Error, Equatable {
  let number: Int
}
