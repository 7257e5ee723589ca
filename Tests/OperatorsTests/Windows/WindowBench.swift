// SPDX-License-Identifier: Apache-2.0
import Streams

@testable import Operators

/// One window operator, driven by hand: by elements, by Flink's watermark and by the clock.
struct WindowBench<Windowing: Operator>
where Windowing.Input == Reading, Windowing.Output == WindowResult<String, Tally.Result> {
  private(set) var operation: Windowing
  private var now = Timestamp(milliseconds: 0)

  init(operation: Windowing) {
    self.operation = operation
  }

  /// Takes an element at `time`; answers what fires at once.
  mutating func element(_ time: Int64, of key: String = "k", _ value: Int = 1) -> [String] {
    operation.receive(reading(time, key, value), at: now) { _ in }
    return drain().map(Self.line)
  }

  /// Moves the watermark; what fires is left to ``drain()``.
  mutating func operationAdvance(to watermark: Timestamp) {
    operation.advance(to: watermark, at: now) { _ in }
  }

  mutating func takeSideWrites(_ take: (SideWrite) -> Void) { operation.takeSideWrites(take) }

  /// Takes an element at `time`; what fires is left to ``drain()``.
  mutating func operationReceive(_ time: Int64) {
    operation.receive(reading(time, "k", 1), at: now) { _ in }
  }

  /// Moves to Flink's watermark `flink`; answers what fires.
  mutating func watermark(_ flink: Int64) -> [String] { results(watermark: flink).map(Self.line) }

  /// The same, as results.
  mutating func results(watermark flink: Int64) -> [Windowing.Output] {
    let watermark = Timestamp(milliseconds: flink == .max ? flink : flink + 1)
    if watermark >= operation.nextWatermark { operation.advance(to: watermark, at: now) { _ in } }
    operation.hear(watermark)
    return drain()
  }

  /// Lets the clock go on; answers what fires.
  mutating func clock(_ instant: Int64) -> [String] {
    var lines: [String] = []
    while operation.deadline.milliseconds <= instant {
      operation.fire(at: operation.deadline) { _ in }
      lines += drain().map(Self.line)
    }
    now = Timestamp(milliseconds: instant)
    return lines
  }

  private func reading(_ time: Int64, _ key: String, _ value: Int) -> Reading {
    Reading(key: key, time: Timestamp(milliseconds: time), value: value)
  }

  private static func line(_ result: Windowing.Output) -> String {
    "\(result.key)=\(result.value.sum)@\(result.time.milliseconds)"
  }

  mutating func drain() -> [Windowing.Output] {
    var results: [Windowing.Output] = []
    while operation.isPending {
      operation.resume(at: now, room: 1) { results.append($0) }
    }
    return results
  }
}

extension WindowBench where Windowing == AlignedWindowing<Reading, String, Tally> {
  init(_ windowed: WindowedFlow<Identity<Reading>, String, AlignedWindows>) {
    self.init(
      operation: AlignedWindowing(
        windowed.windows,
        by: windowed.key,
        at: windowed.time,
        options: windowed.options,
        late: windowed.late,
        aggregate: Tally()
      )
    )
  }
}

extension WindowBench where Windowing == SessionWindowing<Reading, String, Tally> {
  init(_ windowed: WindowedFlow<Identity<Reading>, String, SessionWindows>) {
    self.init(
      operation: SessionWindowing(
        windowed.windows,
        by: windowed.key,
        at: windowed.time,
        options: windowed.options,
        late: windowed.late,
        aggregate: Tally()
      )
    )
  }
}
