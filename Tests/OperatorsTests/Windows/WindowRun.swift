// SPDX-License-Identifier: Apache-2.0
import WeirTesting

@testable import Streams

/// Runs operators over a log by hand: in batches and with room of any size, and, where asked to, with
/// a cut now and then, at which all operators are written down and fresh copies go on from there.
struct WindowRun<Chain: Operator>: ~Copyable {
  private let fresh: Chain
  private var driver: Driver<Chain>
  private var random: SeededGenerator
  private let rooms: [Int]
  private let cutsOneIn: Int?
  /// What came out, in order.
  private(set) var outputs: [Chain.Output] = []
  /// Elements that left beside the output.
  private(set) var sideCount = 0
  private var formerLate = 0
  /// How often it was cut.
  private(set) var cuts = 0
  /// The most outputs that a step gave beyond its room.
  private(set) var overrun = 0

  /// Makes a run; `rooms` are taken one at a time, and there is a cut after one of `cutsOneIn` steps.
  init(
    _ chain: Chain,
    _ strategy: WatermarkStrategy<Chain.Input>,
    seed: Int,
    rooms: [Int] = [1, 2, 3, 256],
    cutsOneIn: Int? = nil
  ) {
    fresh = chain
    driver = Driver(chain, strategy)
    random = SeededGenerator(seed)
    self.rooms = rooms
    self.cutsOneIn = cutsOneIn
  }

  /// Late elements, also those that operators counted before a cut.
  var lateCount: Int { formerLate + late(in: driver.chain) }

  private func late(in chain: Chain) -> Int { Int(chain.stages.last?["late"] ?? 0) }

  var stages: [StageStatistics] { driver.chain.stages }

  /// Runs over batches, then to the end.
  mutating func run(over batches: [Batch<Chain.Input>]) throws {
    for batch in batches {
      driver.load(batch)
      try work()
    }
    driver.loadEnd()
    while !driver.isFinished { try work() }
  }

  private mutating func work() throws {
    while true {
      let room = rooms.randomElement(using: &random) ?? 1
      let progress = driver.step(room: room)
      overrun = max(overrun, driver.outputs.count - room)
      outputs += driver.takeOutputs()
      if driver.chain.hasSideWrites { driver.chain.takeSideWrites { sideCount += $0.count } }
      if let cutsOneIn, Int.random(in: 0..<cutsOneIn, using: &random) == 0 { try cut() }
      if progress == .idle { return }
    }
  }

  /// Replaces the operators by fresh ones that read what they have written.
  private mutating func cut() throws {
    var encoder = StateEncoder()
    try driver.chain.encode(into: &encoder)
    var copy = fresh
    var decoder = StateDecoder(encoder.bytes)
    try copy.restore(from: &decoder)
    precondition(decoder.remaining == 0, "all that was written is read")
    formerLate += late(in: driver.chain)
    driver.chain = copy
    cuts += 1
  }
}

extension Topic {
  /// The whole log in batches of at most `limit()` entries, with promises of silence between them.
  func windowBatches(limit: () -> Int) -> [Batch<Element>] {
    var position = earliest
    var batches: [Batch<Element>] = []
    while true {
      let batch = read(from: &position, limit: limit())
      if batch.isEmpty { return batches }
      if let start = batch.firstInstant {
        batches.append(Batch(silentThrough: start.advanced(byMilliseconds: -1)))
      }
      batches.append(batch)
    }
  }
}

extension Batch {
  fileprivate var firstInstant: Timestamp? {
    for item in items {
      switch item {
      case .run(let run): return run.appended
      case .mark(_, let appended): return appended
      case .gap: continue
      }
    }
    return nil
  }
}
