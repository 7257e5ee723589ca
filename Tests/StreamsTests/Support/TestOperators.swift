// SPDX-License-Identifier: Apache-2.0
import Streams

/// Gives each number out as often as its last digit modulo 4 says, with a letter behind it.
struct Expand: Operator {
  private var pending: [String] = []

  static var expands: Bool { true }

  mutating func receive(_ element: String, at now: Timestamp, _ emit: (String) -> Void) {
    precondition(pending.isEmpty, "no input is offered while outputs wait")
    let copies = element.utf8.reduce(0) { $0 + Int($1) } % 4
    pending = (0..<copies).map { element + ["a", "b", "c"][$0] }
  }

  var isPending: Bool { !pending.isEmpty }

  mutating func resume(at now: Timestamp, room: Int, _ emit: (String) -> Void) {
    let given = pending.prefix(room)
    pending.removeFirst(given.count)
    for element in given { emit(element) }
  }

  var stages: [StageStatistics] { [StageStatistics("expand")] }
}

/// Says aloud what it is told; each element asks for a deadline five milliseconds later.
struct Recorder: Operator {
  private(set) var deadline = Timestamp.never
  private(set) var nextWatermark = Timestamp.distantPast
  private(set) var latestEnd = Timestamp.distantPast
  private let step: Int64

  /// Makes a recorder that wants to hear of each `step`th millisecond of the watermark.
  init(hearingEach step: Int64 = 10) {
    self.step = step
  }

  mutating func receive(_ element: String, at now: Timestamp, _ emit: (String) -> Void) {
    if deadline == .never { deadline = now + .milliseconds(5) }
    latestEnd = max(latestEnd, now + .milliseconds(100))
    emit("\(element)@\(now.milliseconds)")
  }

  mutating func advance(
    to watermark: Timestamp,
    at now: Timestamp,
    _ emit: (String) -> Void
  ) {
    precondition(watermark >= nextWatermark, "it is told what it wants to hear")
    let (steps, _) = watermark.milliseconds.quotientAndRemainder(dividingBy: step)
    nextWatermark = Timestamp(milliseconds: steps * step).advanced(byMilliseconds: step)
    let name = watermark == .never ? "end" : "\(watermark.milliseconds)"
    emit("W\(name)@\(now.milliseconds)")
  }

  mutating func fire(at now: Timestamp, _ emit: (String) -> Void) {
    precondition(now == deadline, "it is told at its deadline")
    deadline = .never
    emit("fire@\(now.milliseconds)")
  }

  mutating func finish(at now: Timestamp, _ emit: (String) -> Void) {
    emit("finish@\(now.milliseconds)")
  }

  var stages: [StageStatistics] { [StageStatistics("recorder")] }
}

/// Throws on numbers of which `isBad` holds; counts what it has let through since it was made.
struct Brittle: Operator {
  struct Refusal: Error, Equatable {
    let number: Int
  }

  private let isBad: @Sendable (Int) -> Bool
  private var passed = 0
  private var failure: ElementFailure?

  init(_ isBad: @escaping @Sendable (Int) -> Bool) {
    self.isBad = isBad
  }

  static var fails: Bool { true }
  var hasFailures: Bool { failure != nil }

  mutating func receive(_ element: Int, at now: Timestamp, _ emit: (String) -> Void) {
    guard !isBad(element) else {
      failure = ElementFailure(
        stage: "brittle",
        element: element,
        error: Refusal(number: element),
        appended: now
      )
      return
    }
    passed += 1
    emit("\(element)#\(passed)")
  }

  mutating func takeFailures(_ take: (ElementFailure) -> Void) {
    failure.take().map(take)
  }

  func encode(into encoder: inout StateEncoder) throws(StateError) {
    try passed.encode(into: &encoder)
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    passed = try Int(from: &decoder)
  }

  var stages: [StageStatistics] { [StageStatistics("brittle", ["passed": UInt64(passed)])] }
}

/// Lets the first few through, then ends the flow, with a word at the end.
struct Few: Operator {
  private var left: Int

  init(_ count: Int) {
    left = count
  }

  static var ends: Bool { true }
  var isDone: Bool { left == 0 }

  mutating func receive(_ element: String, at now: Timestamp, _ emit: (String) -> Void) {
    precondition(left > 0, "it takes no further element")
    left -= 1
    emit(element)
  }

  mutating func finish(at now: Timestamp, _ emit: (String) -> Void) {
    emit("end")
  }

  func encode(into encoder: inout StateEncoder) throws(StateError) {
    try left.encode(into: &encoder)
  }

  mutating func restore(from decoder: inout StateDecoder) throws(StateError) {
    left = try Int(from: &decoder)
  }

  var stages: [StageStatistics] { [StageStatistics("few")] }
}

/// Sends odd numbers aside.
struct Aside: StatelessOperator {
  private var side: SideOutput<Int>

  init(into sink: any FlowSink<Int>) {
    side = SideOutput(into: sink)
  }

  var hasSideWrites: Bool { !side.isEmpty }

  mutating func receive(_ element: Int, at now: Timestamp, _ emit: (Int) -> Void) {
    if element.isMultiple(of: 2) { emit(element) } else { side.append(element) }
  }

  mutating func takeSideWrites(_ take: (SideWrite) -> Void) {
    side.takeWrites(take)
  }

  var stages: [StageStatistics] { [StageStatistics("aside")] }
}
