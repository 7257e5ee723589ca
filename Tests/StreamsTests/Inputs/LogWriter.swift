// SPDX-License-Identifier: Apache-2.0
import Streams
import Testing
import WeirTesting

/// An element of a test with several inputs.
struct Note: Equatable, Hashable, Sendable {
  let key: String
  let time: Timestamp
  let id: Int
}

/// Topics on one clock, written at random.
struct LogWriter {
  let clock = ManualClock(0)
  let topics: [Topic<Note>]
  private var random: SeededGenerator
  private var id = 0
  private var closed: Set<Int> = []
  /// Whether a topic may be closed, or mark an end of input, before the last step.
  var endsEarly = true

  init(_ count: Int, seed: Int) {
    let clock = clock
    topics = (0..<count).map { Topic<Note>("t\($0)", clock: clock) }
    random = SeededGenerator(seed)
  }

  static let byTime = WatermarkStrategy<Note>.bounded(by: .milliseconds(3), at: \.time)

  func flow(
    _ index: Int,
    _ watermarks: WatermarkStrategy<Note> = .fromSource
  ) -> Flow<Identity<Note>> {
    topics[index].flow(from: .earliest, watermarks: watermarks)
  }

  /// Writes everything and closes all topics, letting others run now and then.
  mutating func write(stepCount: Int = 60) async throws {
    for _ in 0..<stepCount {
      try await step()
      for _ in 0..<Int.random(in: 0...9, using: &random) { await Task.yield() }
    }
    for index in topics.indices.shuffled(using: &random) {
      clock.advance(to: clock.now + .milliseconds(Int.random(in: 0...3, using: &random)))
      topics[index].close()
      for _ in 0..<Int.random(in: 0...9, using: &random) { await Task.yield() }
    }
  }

  private mutating func step() async throws {
    let index = Int.random(in: topics.indices, using: &random)
    switch Int.random(in: 0..<24, using: &random) {
    case 0...7:
      clock.advance(to: clock.now + .milliseconds(Int.random(in: 1...9, using: &random)))
    case 8...9:
      let watermark = clock.now - .milliseconds(Int.random(in: 0...9, using: &random))
      topics[index].mark(.watermark(watermark))
    case 10 where endsEarly:
      topics[index].mark(.endOfInput)
    case 11 where endsEarly && Int.random(in: 0..<6, using: &random) == 0:
      closed.insert(index)
      topics[index].close()
    default:
      guard !closed.contains(index) else { return }
      let count = Int.random(in: 1...3, using: &random)
      try await topics[index].publish((0..<count).map { _ in note() })
    }
  }

  private mutating func note() -> Note {
    id += 1
    let time = clock.now - .milliseconds(Int.random(in: -2...20, using: &random))
    return Note(key: ["a", "b", "c"].randomElement(using: &random) ?? "a", time: time, id: id)
  }
}

/// Runs a pipeline while its topics are written and another afterwards, and compares what they have
/// written, marks and all.
func compareLiveAndReplayed<Chain: Operator>(
  inputs: Int,
  seeds: Range<Int> = 0..<40,
  _ build: (LogWriter) -> Flow<Chain>
) async throws {
  var count = 0
  for seed in seeds {
    var writer = LogWriter(inputs, seed: seed)
    let flow = build(writer)
    let live = ProbeSink<Chain.Output>("live")
    let running = Task { [pipeline = flow.pipeline("live", into: live)] in
      try await pipeline.run()
    }
    try await writer.write()
    try await running.value
    writer.clock.advance(to: writer.clock.now + .seconds(5))
    let replayed = ProbeSink<Chain.Output>("replayed")
    try await flow.pipeline("replayed", into: replayed).run()
    let (first, second) = (live.items.map { "\($0)" }, replayed.items.map { "\($0)" })
    #expect(first == second, "seed \(seed)")
    count += first.count
  }
  #expect(count > 0)
}

extension FlowReader {
  /// Everything there is, in batches of at most `limit()` entries; the source has ended.
  func everything(limit: () -> Int) async throws -> [Batch<Element>] {
    var batches: [Batch<Element>] = []
    while true {
      switch try poll(limit: limit(), until: .never) {
      case .batch(let batch): batches.append(batch)
      case .wait(let write): try await write.write()
      case .empty, .end: return batches
      }
    }
  }
}
