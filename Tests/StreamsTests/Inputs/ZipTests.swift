// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct ZipTests {
  private let clock = ManualClock(0)
  private let left: Topic<Int>
  private let right: Topic<String>

  init() {
    left = Topic("left", clock: clock)
    right = Topic("right", clock: clock)
  }

  private var pairs: Flow<Identity<(Int, String)>> {
    left.flow(from: .earliest).zip(right.flow(from: .earliest))
  }

  private func texts(_ flow: Flow<Identity<(Int, String)>>) async throws -> [String] {
    var texts: [String] = []
    for try await (number, letter) in flow { texts.append("\(number)\(letter)") }
    return texts
  }

  @Test func `the first goes with the first, and it ends with the shorter side`() async throws {
    try await left.publish([1, 2, 3, 4])
    try await right.publish(["a", "b", "c"])
    right.close()
    #expect(try await texts(pairs) == ["1a", "2b", "3c"])
  }

  @Test func `three sides make triples`() async throws {
    let third = Topic<Double>("third", clock: clock)
    try await left.publish([1, 2])
    try await right.publish(["a", "b"])
    try await third.publish([0.5, 1.5])
    third.close()
    var seen: [String] = []
    for try await row in left.flow(from: .earliest)
      .zip(right.flow(from: .earliest), third.flow(from: .earliest))
    {
      seen.append("\(row.0) \(row.1) \(row.2)")
    }
    #expect(seen == ["1 a 0.5", "2 b 1.5"])
  }

  @Test func `a pair happens at the later instant, the watermark is the lesser`() async throws {
    clock.advance(to: 1)
    try await left.publish([1])
    left.mark(.watermark(10))
    clock.advance(to: 5)
    try await right.publish(["a"])
    right.mark(.watermark(7))
    left.close()
    let reader = pairs.makeReader()
    var seen: [String] = []
    for batch in try await reader.everything(limit: { 9 }) {
      for item in batch.items {
        switch item {
        case .run(let run): seen += run.map { "\($0.0)\($0.1)@\(run.appended.milliseconds)" }
        case .mark(.watermark(let mark), let now):
          seen.append("W\(mark.milliseconds)@\(now.milliseconds)")
        case .mark, .gap: Issue.record("neither is there")
        }
      }
    }
    #expect(seen == ["1a@5", "W7@5"])
  }

  @Test func `the side that is ahead is read no further than a batch`() async throws {
    let small = Topic<Int>("small", retention: Retention(maximumCount: 8), clock: clock)
    let reader = small.flow(from: .earliest).zip(right.flow(from: .earliest)).makeReader()
    for value in 0..<4 { try await small.publish([value]) }
    guard case .empty = try reader.poll(limit: 4, until: .never) else {
      Issue.record("nothing can be paired yet")
      return
    }
    for value in 4..<8 { try await small.publish([value]) }
    guard case .empty = try reader.poll(limit: 4, until: .never) else {
      Issue.record("nothing can be paired yet")
      return
    }
    let publisher = Task { [small] in try await small.publish([8]) }
    await eventually { small.statistics.waitingPublishes == 1 }
    try await right.publish(["a", "b", "c", "d", "e"])
    for _ in 0..<2 { _ = try reader.poll(limit: 4, until: .never) }
    #expect(try await publisher.value.firstOffset == 9)
  }

  @Test(arguments: 0..<20)
  func `what comes does not depend on the size of batches`(seed: Int) async throws {
    var writer = LogWriter(2, seed: seed)
    try await writer.write()
    let flow = writer.flow(0, LogWriter.byTime).zip(writer.flow(1, LogWriter.byTime))
      .map { "\($0.id) \($1.id)" }
    let whole = try await flow.makeReader().everything { 256 }.flatMap(\.seen)
    var random = SeededGenerator(seed)
    let parts = try await flow.makeReader().everything {
      Int.random(in: 1...4, using: &random)
    }
    .flatMap(\.seen)
    #expect(whole == parts)
  }

  @Test func `an error of a side comes behind the pairs before it`() async throws {
    try await left.publish([1, 2, 3])
    try await right.publish(["a", "b", "c"])
    let failing = left.flow(from: .earliest).apply(FailAt(3))
    var seen: [Int] = []
    await #expect(throws: ElementFailure.self) {
      for try await pair in failing.zip(right.flow(from: .earliest)) { seen.append(pair.0) }
    }
    #expect(seen == [1, 2])
  }
}

/// Fails on one number.
struct FailAt: StatelessOperator {
  struct Failure: Error {}

  private let number: Int
  private var failures: [ElementFailure] = []

  init(_ number: Int) {
    self.number = number
  }

  static var fails: Bool { true }
  var hasFailures: Bool { !failures.isEmpty }

  mutating func receive(_ element: Int, at now: Timestamp, _ emit: (Int) -> Void) {
    guard element == number else { return emit(element) }
    failures.append(
      ElementFailure(stage: "failAt", element: element, error: Failure(), appended: now)
    )
  }

  mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    failures.forEach(take)
    failures = []
  }

  var stages: [StageStatistics] { [] }
}
