// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

/// What comes through a merge besides elements and watermarks.
@Suite struct MergeFailureTests {
  private let clock = ManualClock(0)
  private let first: Topic<Int>
  private let second: Topic<Int>

  init() {
    first = Topic("first", clock: clock)
    second = Topic("second", clock: clock)
  }

  @Test func `the failure of an element comes in its turn`() async throws {
    let failing = first.flow(from: .earliest).apply(FailAt(2))
    for (instant, topic, value) in [(1, second, 7), (2, first, 1), (3, second, 8), (4, first, 2)] {
      clock.advance(to: Timestamp(milliseconds: Int64(instant)))
      try await topic.publish([value])
    }
    clock.advance(to: 5)
    try await second.publish([9])
    var seen: [Int] = []
    await #expect(throws: ElementFailure.self) {
      for try await value in failing.merge(second.flow(from: .earliest)) { seen.append(value) }
    }
    #expect(seen == [7, 1, 8])
  }

  @Test func `an input that skips its failures writes them beside the merge`() async throws {
    let letters = ProbeSink<ElementFailure>()
    let failing = first.flow(from: .earliest).apply(FailAt(2)).supervised(.skip(to: letters))
    try await first.publish([1, 2, 3])
    try await second.publish([4])
    first.close()
    second.close()
    var seen: [Int] = []
    for try await value in failing.merge(second.flow(from: .earliest)) { seen.append(value) }
    #expect(seen == [1, 3, 4])
    #expect(letters.elements.map { $0.element as? Int } == [2])
  }

  @Test func `a gap of an input is told, and counted`() async throws {
    let small = Topic<Int>("small", retention: Retention(maximumCount: 2), clock: clock)
    let lossy = small.flow(from: .earliest, overrun: .skip)
    let flows = [lossy.merge(first.flow(from: .earliest)), lossy.filter { _ in true }.merge()]
    let readers = flows.map { $0.makeReader() }
    for reader in readers {
      guard case .empty = try reader.poll(limit: 9, until: .never) else {
        Issue.record("there is nothing yet")
        return
      }
    }
    for value in 1...5 { try await small.publish([value]) }
    small.close()
    first.close()
    for reader in readers {
      let seen = try await reader.everything { 256 }.flatMap(\.seen)
      #expect(seen.first == .gap(from: 1, to: 3))
      #expect(seen.count == 3, "\(seen)")
    }
  }

  @Test func `cancelling ends a merge for good`() async throws {
    let flow = first.flow().merge(second.flow())
    let task = Task {
      var count = 0
      for try await _ in flow { count += 1 }
      return count
    }
    await eventually { first.isInUse && second.isInUse }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(!first.isInUse && !second.isInUse)
  }
}
