// SPDX-License-Identifier: Apache-2.0
@testable import Streams

/// A driver at work on batches, with a room of any size.
struct DriverReading<Chain: Operator>: ~Copyable {
  private var driver: Driver<Chain>
  private(set) var outputs: [Chain.Output] = []

  init(_ chain: Chain) {
    driver = Driver(chain, .fromSource)
  }

  mutating func take(_ batch: Batch<Chain.Input>, room: Int) {
    driver.load(batch)
    work(room)
  }

  mutating func end(room: Int) {
    driver.loadEnd()
    while !driver.isFinished { work(room) }
  }

  private mutating func work(_ room: Int) {
    while true {
      let progress = driver.step(room: room)
      outputs += driver.takeOutputs()
      if progress == .idle { return }
    }
  }
}

extension Topic {
  /// The whole log in batches of at most `limit()` entries.
  ///
  /// With `promises`, a promise of silence stands wherever time goes on, as for a live reader.
  func batches(promises: Bool, limit: () -> Int) -> [Batch<Element>] {
    var position = earliest
    var batches: [Batch<Element>] = []
    var last: Timestamp?
    while true {
      let batch = read(from: &position, limit: limit())
      if batch.isEmpty { return batches }
      let instants = batch.instants
      if promises, let last, let first = instants.first, last < first {
        let middle = (last.milliseconds + first.milliseconds) / 2
        for silent in Set([last.milliseconds, middle, first.milliseconds - 1]).sorted() {
          batches.append(Batch(silentThrough: Timestamp(milliseconds: silent)))
        }
      }
      batches.append(batch)
      last = instants.last ?? last
    }
  }
}

extension Batch {
  fileprivate var instants: [Timestamp] {
    items.compactMap { item in
      switch item {
      case .run(let run): run.appended
      case .mark(_, let appended): appended
      case .gap: nil
      }
    }
  }
}
