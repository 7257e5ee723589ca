// SPDX-License-Identifier: Apache-2.0
import Streams

/// A type without parameters around an operator that has some; it does what the operator does.
///
/// So its table of methods leads to code that was compiled for just these parameters.
protocol ChainStep: Operator where Input == ChainRow, Output == ChainRow {
  associatedtype Inner: Operator<ChainRow, ChainRow>

  var inner: Inner { get set }
}

extension ChainStep {
  static var expands: Bool { Inner.expands }
  static var ends: Bool { Inner.ends }

  mutating func receive(_ row: ChainRow, at now: Timestamp, _ emit: (ChainRow) -> Void) {
    inner.receive(row, at: now, emit)
  }

  mutating func advance(to watermark: Timestamp, at now: Timestamp, _ emit: (ChainRow) -> Void) {
    inner.advance(to: watermark, at: now, emit)
  }

  mutating func hear(_ watermark: Timestamp) { inner.hear(watermark) }

  mutating func fire(at now: Timestamp, _ emit: (ChainRow) -> Void) { inner.fire(at: now, emit) }

  mutating func finish(at now: Timestamp, _ emit: (ChainRow) -> Void) {
    inner.finish(at: now, emit)
  }

  var deadline: Timestamp { inner.deadline }
  var nextWatermark: Timestamp { inner.nextWatermark }
  var latestEnd: Timestamp { inner.latestEnd }
  var isPending: Bool { inner.isPending }
  var isDone: Bool { inner.isDone }

  mutating func resume(at now: Timestamp, room: Int, _ emit: (ChainRow) -> Void) {
    inner.resume(at: now, room: room, emit)
  }

  var stages: [StageStatistics] { inner.stages }
}
