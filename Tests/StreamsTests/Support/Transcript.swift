// SPDX-License-Identifier: Apache-2.0
import WeirTesting

@testable import Streams

/// What a driver gave out, in the order in which a pipeline would write it.
enum Told: Equatable, Sendable {
  case output(String)
  case watermark(Timestamp)
  case endOfInput
}

/// A driver at work: what it told, and how far outputs went beyond the room there was.
struct Transcript<Chain: Operator>: ~Copyable {
  private var driver: Driver<Chain>
  private var watermark = Timestamp.distantPast
  private(set) var told: [Told] = []
  /// The most outputs that a step gave beyond its room.
  private(set) var overrun = 0

  init(_ chain: Chain, _ strategy: WatermarkStrategy<Chain.Input>) {
    driver = Driver(chain, strategy)
  }

  var counters: DriverCounters { driver.counters }
  var stages: [StageStatistics] { driver.chain.stages }

  mutating func take(_ batch: Batch<Chain.Input>, room: Int = 256) {
    driver.load(batch)
    work(room)
  }

  mutating func end(room: Int = 256) {
    driver.loadEnd()
    while !driver.isFinished { work(room) }
  }

  private mutating func work(_ room: Int) {
    while true {
      let progress = driver.step(room: room)
      overrun = max(overrun, driver.outputs.count - room)
      told += driver.takeOutputs().map { .output("\($0)") }
      switch progress {
      case .full, .failed: continue
      case .watermark: tellWatermark()
      case .endOfInput:
        tellWatermark()
        told.append(.endOfInput)
      case .idle:
        tellWatermark()
        return
      }
    }
  }

  private mutating func tellWatermark() {
    guard driver.told > watermark else { return }
    watermark = driver.told
    told.append(.watermark(watermark))
  }
}

extension Topic {
  /// The whole log in batches of at most `limit()` entries.
  ///
  /// With `promises`, a promise of silence stands wherever time goes on, as for a live reader.
  func batches(promises: Bool = false, limit: () -> Int) -> [Batch<Element>] {
    var position = earliest
    var batches: [Batch<Element>] = []
    var instant = Timestamp.distantPast
    while true {
      let batch = read(from: &position, limit: limit())
      if batch.isEmpty { return batches }
      let start = batch.firstInstant ?? instant
      if promises, instant != .distantPast, start > instant {
        let middle = (instant.milliseconds + start.milliseconds) / 2
        for silent in Set([instant.milliseconds, middle, start.milliseconds - 1]).sorted() {
          batches.append(Batch(silentThrough: Timestamp(milliseconds: silent)))
        }
      }
      batches.append(batch)
      instant = batch.lastInstant ?? instant
    }
  }
}

extension Batch {
  private var instants: [Timestamp] {
    items.compactMap { item in
      switch item {
      case .run(let run): run.appended
      case .mark(_, let appended): appended
      case .gap: nil
      }
    }
  }

  var firstInstant: Timestamp? { instants.first }
  var lastInstant: Timestamp? { instants.last }
}
