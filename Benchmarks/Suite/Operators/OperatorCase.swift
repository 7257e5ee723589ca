// SPDX-License-Identifier: Apache-2.0
import BenchmarkKit
import Operators
import Streams

/// One operator, as it stands in a pipeline that counts what comes out of it.
struct OperatorCase: Sendable {
  /// What it is called in rows.
  let name: String
  /// Why it may cost more than ten times what `map` does.
  let why: String?
  /// Whether it holds something from one element to the next.
  let isStateful: Bool
  /// How many inputs it reads.
  let inputs: Int
  let make: @Sendable (Feed) -> any RunnablePipeline

  init(
    _ name: String,
    why: String? = nil,
    isStateful: Bool = true,
    inputs: Int = 1,
    _ make: @escaping @Sendable (Feed) -> any RunnablePipeline
  ) {
    self.name = name
    self.why = why
    self.isStateful = isStateful
    self.inputs = inputs
    self.make = make
  }

  /// All operators, by what they are made of.
  static var all: [OperatorCase] {
    transforms + timed + keyed + windows + aggregates + several + concurrent
  }
}

/// What an operator is fed with.
struct Feed: Sendable {
  /// Where the readings come from; each input reads it anew.
  let source: any FlowSource<Reading>

  /// The readings, without event time.
  @inline(__always) var plain: Flow<Identity<Reading>> {
    Flow(source: source, chain: Identity())
  }

  /// The readings, with a watermark at the newest event time.
  @inline(__always) var timed: Flow<Identity<Reading>> {
    Flow(
      source: source,
      chain: Identity(),
      watermarks: .bounded(by: .zero) { $0.instant }
    )
  }
}

extension Reading {
  /// When it was taken, as an instant.
  var instant: Timestamp { Timestamp(milliseconds: time) }

  /// The reading with a number among many: 64 in a millisecond, of `keys` sensors in no order.
  init(number: Int, keys: Int) {
    var mixed = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
    mixed ^= mixed >> 29
    self.init(
      time: Int64(number / Self.perMillisecond),
      sensor: Int64(mixed % UInt64(keys)),
      level: Double(mixed >> 40 & 1_023) / 1_024
    )
  }

  /// How many are taken in a millisecond.
  static let perMillisecond = 64
}

extension Flow {
  /// A pipeline that counts what comes out; written where the compiler knows the operators, as a
  /// user's is.
  @inline(__always)
  func counted() -> any RunnablePipeline {
    reduce(into: 0) { count, _ in count &+= 1 }.pipeline("counted", into: Nowhere())
  }
}

/// Takes what nobody wants.
struct Nowhere<Element: Sendable>: FlowSink {
  let name = "nowhere"

  nonisolated(nonsending) func write(_ elements: [Element]) async {}
  nonisolated(nonsending) func write(_ mark: Mark) async {}
}
