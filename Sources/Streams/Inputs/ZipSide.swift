// SPDX-License-Identifier: Apache-2.0

/// What a zip needs to know of a side, whatever its elements are.
protocol ZipLane: AnyObject {
  /// What is known of it.
  var lane: MergeSchedule.Lane { get }
  /// Whether its next entry waits for the other side's.
  var isWaiting: Bool { get }
  /// Whether its end comes next.
  var isEnding: Bool { get }
  /// Reads on; answers something to wait for first.
  func read(limit: Int, until target: Timestamp) throws -> SideWrite?
  /// Takes the mark, the gap or the end that comes next.
  func takeRow() -> ZipRow
  /// See ``FlowReader/notify(_:)``.
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest?
  /// See ``FlowReader/wakeTime``.
  var wakeTime: Timestamp { get }
  /// See ``FlowReader/promisesSilence``.
  var promisesSilence: Bool { get }
  /// See ``FlowReader/isWorking``.
  var isWorking: Bool { get }
  /// What it consists of, with what it has counted.
  var plan: FlowPlan { get }
  /// See ``FlowReader/pause()``.
  func pause()
  /// See ``FlowReader/isAtPlace``.
  var isAtPlace: Bool { get }
  /// See ``FlowReader/encodePlace(into:)``.
  func encodePlace(into encoder: inout StateEncoder) throws(StateError)
  /// See ``FlowReader/restorePlace(from:)``.
  func restorePlace(from decoder: inout StateDecoder) throws(StateError) -> Bool
}

/// What stands between the entries of a side.
enum ZipRow {
  case mark(Mark)
  case gap(Gap)
  case end((any Error)?)
}

/// A side of a zip.
final class ZipSide<Element: Sendable>: ZipLane {
  private var input: MergeInput<Element>
  private(set) var lane = MergeSchedule.Lane()

  init(_ source: any FlowSource<Element>) {
    input = MergeInput(source)
  }

  var clock: any EngineClock { input.reader.clock }

  /// The entries that come next.
  var run: Run<Element>? {
    if case .run(let run)? = input.head { run } else { nil }
  }

  var isWaiting: Bool { run != nil }
  var isEnding: Bool { lane.isKnown && input.head == nil }

  /// Takes the first entries of the run.
  func take(_ count: Int, of run: Run<Element>) {
    guard count < run.count else { return input.dropHead(&lane) }
    var rest = run
    _ = rest.split(at: count)
    input.keep(rest)
  }

  func read(limit: Int, until target: Timestamp) throws -> SideWrite? {
    if case .blocked(let write) = try input.read(&lane, limit: limit, until: target) {
      write
    } else {
      nil
    }
  }

  func takeRow() -> ZipRow {
    switch input.head {
    case .mark(let mark, _):
      input.dropHead(&lane)
      return .mark(mark)
    case .gap(let gap):
      input.dropHead(&lane)
      return .gap(gap)
    case .run, nil:
      return .end(input.failure)
    }
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { input.reader.notify(wake) }
  var wakeTime: Timestamp { input.reader.wakeTime }
  var promisesSilence: Bool { input.reader.promisesSilence }
  var isWorking: Bool { input.reader.isWorking }
  var plan: FlowPlan { input.plan }
  func pause() { input.reader.pause() }
  var isAtPlace: Bool { input.isAtPlace(lane) }

  func encodePlace(into encoder: inout StateEncoder) throws(StateError) {
    try input.encode(lane, into: &encoder)
  }

  func restorePlace(from decoder: inout StateDecoder) throws(StateError) -> Bool {
    try input.restore(&lane, from: &decoder)
  }
}
