// SPDX-License-Identifier: Apache-2.0
import Streams

/// A piece of a chain whose type is not known before a client asks for it.
///
/// It is a value, as any operator. What is inside is compiled for its own types, so it has to be of a
/// type without parameters: see ``ChainStep``. Only the call into it goes through a table, once for
/// each event and stage.
struct ChainPiece: Operator {
  private var inner: any Operator<ChainRow, ChainRow>
  /// Asked behind every event, so it does not take a call.
  private let holdsOutputs: Bool
  private let mayEnd: Bool

  /// Takes what a stage was compiled to.
  init<Step: Operator>(_ step: Step) where Step.Input == ChainRow, Step.Output == ChainRow {
    inner = step
    holdsOutputs = Step.holds
    mayEnd = Step.ends
  }

  /// Puts one behind another.
  init(_ first: ChainPiece, _ second: ChainPiece) {
    inner = JoinedPieces(first, second)
    holdsOutputs = first.holdsOutputs || second.holdsOutputs
    mayEnd = first.mayEnd || second.mayEnd
  }

  static var expands: Bool { true }
  static var ends: Bool { true }

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
  var isPending: Bool { holdsOutputs ? inner.isPending : false }
  var isDone: Bool { mayEnd ? inner.isDone : false }

  mutating func resume(at now: Timestamp, room: Int, _ emit: (ChainRow) -> Void) {
    inner.resume(at: now, room: room, emit)
  }

  var stages: [StageStatistics] { inner.stages }
}

/// Two pieces as one; of a type without parameters, so that it is compiled for what it holds.
struct JoinedPieces: ChainStep {
  var inner: Fused<ChainPiece, ChainPiece>

  init(_ first: ChainPiece, _ second: ChainPiece) { inner = Fused(first, second) }
}
