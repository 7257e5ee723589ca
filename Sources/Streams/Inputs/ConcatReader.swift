// SPDX-License-Identifier: Apache-2.0

/// Reads one source after the other; the next is opened when the one before has ended.
final class ConcatReader<Element: Sendable>: FlowReader {
  let clock: any EngineClock
  private var sources: ArraySlice<any FlowSource<Element>>
  private var reader: any FlowReader<Element>
  /// Nothing happens before this instant any more: the sources before had ended then.
  private var floor = Timestamp.distantPast
  /// The instant of the newest entry or mark.
  private var newest = Timestamp.distantPast
  /// What each source consists of, with what those that have ended had counted.
  private var plans: [FlowPlan]
  /// Entries of the source that is read.
  private var received: UInt64 = 0

  init(_ sources: [any FlowSource<Element>]) {
    precondition(!sources.isEmpty, "there is at least one input")
    plans = sources.map(\.plan)
    reader = sources[0].makeReader()
    clock = reader.clock
    self.sources = sources.dropFirst()
  }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    while true {
      switch try reader.poll(limit: limit, until: deadline) {
      case .batch(let batch): return .batch(take(batch))
      case .end:
        let counted = countedPlans
        guard let source = sources.popFirst() else { return .end }
        (plans, received) = (counted, 0)
        floor = max(floor, reader.endInstant ?? newest.advanced(byMilliseconds: 1))
        reader = source.makeReader()
      case .empty: return .empty
      case .wait(let write): return .wait(write)
      }
    }
  }

  /// Lifts what happened earlier to the first instant behind the end of what came before.
  private func take(_ batch: Batch<Element>) -> Batch<Element> {
    var batch = batch
    for index in batch.items.indices {
      switch batch.items[index] {
      case .run(let run):
        received += UInt64(run.count)
        newest = max(newest, run.appended)
        if run.appended < floor { batch.items[index] = .run(run.moved(to: floor)) }
      case .mark(let mark, let appended):
        newest = max(newest, appended)
        if appended < floor { batch.items[index] = .mark(mark, appended: floor) }
      case .gap: break
      }
    }
    return batch
  }

  var endInstant: Timestamp? {
    let end = max(floor, reader.endInstant ?? newest)
    return end > .distantPast ? end : nil
  }

  // MARK: Checkpoints

  var isAtPlace: Bool { reader.isAtPlace }

  /// Writes down which source is read, and its place.
  func encodePlace(into encoder: inout StateEncoder) throws(StateError) {
    try encoder.section("concat") { encoder throws(StateError) in
      encoder.write(UInt64(sources.count))
      try floor.encode(into: &encoder)
      try newest.encode(into: &encoder)
      try reader.encodePlace(into: &encoder)
    }
  }

  func restorePlace(from decoder: inout StateDecoder) throws(StateError) -> Bool {
    var isThere = false
    try decoder.section("concat") { decoder, _ throws(StateError) in
      let index = decoder.index
      guard let left = Int(exactly: try decoder.readUInt64()), left <= sources.count else {
        throw .malformed(at: index, expected: "one of the sources")
      }
      while sources.count > left, let source = sources.popFirst() { reader = source.makeReader() }
      floor = try Timestamp(from: &decoder)
      newest = try Timestamp(from: &decoder)
      isThere = try reader.restorePlace(from: &decoder)
    }
    return isThere
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { reader.notify(wake) }
  var wakeTime: Timestamp { reader.wakeTime }
  var promisesSilence: Bool { reader.promisesSilence }
  var isWorking: Bool { reader.isWorking }
  var plan: FlowPlan? { FlowPlan("concat", inputs: countedPlans) }
  func pause() { reader.pause() }

  /// What each source consists of, with what those that were opened have counted.
  private var countedPlans: [FlowPlan] {
    var plans = plans
    let index = plans.count - sources.count - 1
    plans[index] = reader.plan ?? plans[index]
    plans[index].received = plans[index].received ?? received
    return plans
  }
}
