// SPDX-License-Identifier: Apache-2.0
import Operators
import Streams

/// What a stage is called, and what went in and came out of it.
struct StepCount: Sendable {
  let name: String
  var received: UInt64 = 0
  var emitted: UInt64 = 0
}

/// The step of a stage that somebody wrote, which counts.
protocol CountedStep: ChainStep {
  var count: StepCount { get set }
}

extension CountedStep {
  mutating func receive(_ row: ChainRow, at now: Timestamp, _ emit: (ChainRow) -> Void) {
    var emitted: UInt64 = 0
    inner.receive(row, at: now) {
      emitted &+= 1
      emit($0)
    }
    count.received &+= 1
    count.emitted &+= emitted
  }

  mutating func advance(to watermark: Timestamp, at now: Timestamp, _ emit: (ChainRow) -> Void) {
    var emitted: UInt64 = 0
    inner.advance(to: watermark, at: now) {
      emitted &+= 1
      emit($0)
    }
    count.emitted &+= emitted
  }

  mutating func fire(at now: Timestamp, _ emit: (ChainRow) -> Void) {
    var emitted: UInt64 = 0
    inner.fire(at: now) {
      emitted &+= 1
      emit($0)
    }
    count.emitted &+= emitted
  }

  mutating func finish(at now: Timestamp, _ emit: (ChainRow) -> Void) {
    var emitted: UInt64 = 0
    inner.finish(at: now) {
      emitted &+= 1
      emit($0)
    }
    count.emitted &+= emitted
  }

  mutating func resume(at now: Timestamp, room: Int, _ emit: (ChainRow) -> Void) {
    var emitted: UInt64 = 0
    inner.resume(at: now, room: room) {
      emitted &+= 1
      emit($0)
    }
    count.emitted &+= emitted
  }

  var stages: [StageStatistics] {
    [
      StageStatistics(
        count.name,
        around: inner.stages,
        received: count.received,
        emitted: count.emitted
      )
    ]
  }
}

// The operators, each behind the reading of what it needs to know.

struct FilterStep: CountedStep {
  var inner: FilterStage
  var count: StepCount
}

struct SelectStep: CountedStep {
  var inner: SelectStage
  var count: StepCount
}

struct ThrottleStep: CountedStep {
  var inner: Fused<ReadFields, Throttle<ChainRow, ChainValue>>
  var count: StepCount
}

struct DebounceStep: CountedStep {
  var inner: Fused<ReadFields, Coalescing<DebounceRule<ChainRow>, ChainValue>>
  var count: StepCount
}

struct SampleStep: CountedStep {
  var inner: Fused<ReadFields, Coalescing<SampleRule<ChainRow>, ChainValue>>
  var count: StepCount
}

struct ConflateStep: CountedStep {
  var inner: Fused<ReadFields, Coalescing<ConflateRule<ChainRow>, ChainValue>>
  var count: StepCount
}

struct LatestStep: CountedStep {
  var inner: Fused<ReadFields, KeyedState<ChainRow, ChainValue, Timestamp, ChainRow>>
  var count: StepCount
}

struct DistinctStep: CountedStep {
  var inner: Fused<ReadFields, RemoveRecentDuplicates<ChainRow, ChainValue>>
  var count: StepCount
}

struct LimitStep: CountedStep {
  var inner: Fused<ReadFields, Prefix<ChainRow>>
  var count: StepCount
}

struct RateStep: CountedStep {
  var inner: Fused<ReadFields, RateLimit<ChainRow, ChainValue>>
  var count: StepCount
}

struct AlignedWindowStep: CountedStep {
  var inner:
    Fused<
      Fused<ReadFields, AlignedWindowing<ChainRow, ChainValue, ChainAggregate>>, ResultStage
    >
  var count: StepCount
}

struct SessionStep: CountedStep {
  var inner:
    Fused<
      Fused<ReadFields, SessionWindowing<ChainRow, ChainValue, ChainAggregate>>, ResultStage
    >
  var count: StepCount
}

struct CountWindowStep: CountedStep {
  var inner:
    Fused<
      Fused<ReadFields, CountWindowing<ChainRow, ChainValue, ChainAggregate>>, ResultStage
    >
  var count: StepCount
}
