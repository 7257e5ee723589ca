// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams
import Testing
import WeirTesting

@Suite struct FlatMapTests {
  private let clock = ManualClock(0)
  private let outer: Topic<Int>
  private let inners: [Topic<String>]

  init() {
    outer = Topic("outer", clock: clock)
    inners = (0..<3).map { [clock] in Topic("inner \($0)", clock: clock) }
  }

  private func flow(_ strategy: FlatMapStrategy) -> Flow<Identity<String>> {
    outer.flow(from: .earliest).flatMap(strategy) { [inners] in inners[$0].flow(from: .earliest) }
  }

  /// Says who is opened when, and what they have to say, millisecond by millisecond.
  private func fill(_ opened: [Int: Int], _ said: [Int: [Int: String]]) async throws {
    for instant in 0..<20 {
      clock.advance(to: Timestamp(milliseconds: Int64(instant)))
      if let number = opened[instant] { try await outer.publish([number]) }
      for (number, text) in (said[instant] ?? [:]).sorted(by: { $0.key < $1.key }) {
        try await inners[number].publish([text])
      }
    }
    outer.close()
    for inner in inners { inner.close() }
  }

  private static let said = [
    2: [0: "a2"], 3: [1: "b3"], 5: [0: "a5", 1: "b5"], 7: [1: "b7"], 9: [0: "a9", 2: "c9"],
  ]

  @Test func `concat reads one flow after the other`() async throws {
    try await fill([1: 0, 4: 1, 6: 2], Self.said)
    #expect(try await all(flow(.concat)) == ["a2", "a5", "a9", "b3", "b5", "b7", "c9"])
  }

  @Test func `merge reads all in the order of their instants`() async throws {
    try await fill([1: 0, 4: 1, 6: 2], Self.said)
    let merged = try await flow(.merge(maxConcurrent: 3)).makeReader().everything()
    #expect(
      merged == [
        .entry("a2", offset: 1, appended: 2), .entry("b3", offset: 2, appended: 4),
        .entry("a5", offset: 3, appended: 5), .entry("b5", offset: 4, appended: 5),
        .entry("b7", offset: 5, appended: 7), .entry("a9", offset: 6, appended: 9),
        .entry("c9", offset: 7, appended: 9),
      ]
    )
  }

  @Test func `merge of two at a time reads the third when one has ended`() async throws {
    try await fill([1: 0, 4: 1, 6: 2], Self.said)
    let merged = try await all(flow(.merge(maxConcurrent: 2)))
    #expect(merged == ["a2", "b3", "a5", "b5", "b7", "a9", "c9"])
  }

  @Test func `latest leaves a flow when a new element comes`() async throws {
    try await fill([1: 0, 4: 1, 9: 2], Self.said)
    #expect(try await all(flow(.latest)) == ["a2", "b3", "b5", "b7", "c9"])
  }

  @Test func `a flow that latest leaves holds nothing back`() async throws {
    var iterator = flow(.latest).makeAsyncIterator()
    try await outer.publish([0])
    try await inners[0].publish(["a"])
    clock.advance(to: 1)
    #expect(try await iterator.next() == "a")
    try await inners[0].publish(["lost"])
    try await outer.publish([1])
    try await inners[1].publish(["b"])
    clock.advance(to: 2)
    while try await iterator.next() != "b" {}
    try await inners[0].publish(Array(repeating: "", count: 8_000))
    #expect(inners[0].statistics.heldLag == 0)
  }

  @Test func `the watermark is the least of all that are open`() async throws {
    try await outer.publish([0])
    outer.mark(.watermark(50))
    clock.advance(to: 1)
    inners[0].mark(.watermark(30))
    clock.advance(to: 2)
    inners[0].mark(.watermark(90))
    try await inners[0].publish(["a"])
    clock.advance(to: 3)
    inners[0].close()
    outer.mark(.watermark(70))
    outer.close()
    let seen = try await flow(.concat).makeReader().everything()
    #expect(
      seen == [
        .mark(.watermark(30), appended: 1), .mark(.watermark(50), appended: 2),
        .entry("a", offset: 1, appended: 2), .mark(.watermark(70), appended: 3),
        .mark(.watermark(90), appended: 4),
      ]
    )
  }

  @Test func `what an inner flow throws ends all`() async throws {
    try await outer.publish([1])
    let flow = outer.flow(from: .earliest).flatMap(.concat) { [clock] number in
      Flow.sequence(clock: clock) {
        AsyncThrowingStream<Int, any Error> { continuation in
          continuation.yield(number)
          continuation.finish(throwing: Mishap())
        }
      }
    }
    var seen: [Int] = []
    await #expect(throws: Mishap.self) { for try await number in flow { seen.append(number) } }
    #expect(seen == [1])
    #expect(outer.statistics.heldLag == 0)
  }

  @Test func `what comes while silence is asked for is handed out`() async throws {
    try await outer.publish([0])
    clock.advance(to: 9)
    let flow = outer.flow(from: .earliest).flatMap(.concat) { [clock] _ in Late(clock: clock) }
    let reader = flow.source.makeReader()
    guard case .batch(let batch) = try reader.poll(limit: 9, until: 9) else {
      Issue.record("what was read is at hand, and nobody else would tell of it")
      return
    }
    #expect(batch.elements == ["late"])
  }

  @Test(arguments: [FlatMapStrategy.concat, .merge(maxConcurrent: 2), .latest])
  func `live and replayed it gives the same`(strategy: FlatMapStrategy) async throws {
    for seed in 0..<30 {
      var random = SeededGenerator(seed)
      let clock = ManualClock(0)
      let outer = Topic<Int>("outer", clock: clock)
      let inners = (0..<4).map { Topic<String>("\($0)", clock: clock) }
      let flow = outer.flow(from: .earliest)
        .flatMap(strategy) { inners[$0].flow(from: .earliest) }
        .throttle(for: .milliseconds(3), by: { $0.first }, keeping: .both)
      let live = ProbeSink<String>()
      let running = Task { try await flow.pipeline("live", into: live).run() }
      for step in 0..<150 {
        let number = Int.random(in: 0..<4, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: try await outer.publish([number])
        case 1...6 where !inners[number].isClosed:
          try await inners[number].publish(["\(number):\(step)"])
        case 7: outer.mark(.watermark(Timestamp(milliseconds: Int64(step))))
        case 8: inners[number].mark(.watermark(Timestamp(milliseconds: Int64(step))))
        case 9 where step > 60: inners[number].close()
        default:
          clock.advance(to: clock.now + .milliseconds(Int.random(in: 1...4, using: &random)))
        }
        for _ in 0..<Int.random(in: 0...6, using: &random) { await Task.yield() }
      }
      outer.close()
      for inner in inners { inner.close() }
      try await running.value
      let replayed = ProbeSink<String>()
      try await flow.pipeline("replayed", into: replayed).run()
      let isSame = live.items == replayed.items
      #expect(isSame, "seed \(seed)")
    }
  }
}

/// Has nothing at first, and something when it is next asked for a promise.
private struct Late: FlowSource {
  let clock: ManualClock
  var name: String { "late" }

  func makeReader() -> any FlowReader<String> { Reader(clock) }

  private final class Reader: FlowReader {
    let clock: any EngineClock
    private var isGiven = false

    init(_ clock: any EngineClock) {
      self.clock = clock
    }

    func poll(limit: Int, until deadline: Timestamp) -> Poll<String> {
      guard !isGiven, deadline < .never else { return .empty }
      isGiven = true
      let topic = Topic<String>("late", clock: clock)
      var place = topic.end
      _ = topic.offer(["late"]) { _ in }
      return .batch(topic.read(from: &place, limit: limit))
    }

    func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { WakeRequest {} }
  }
}
