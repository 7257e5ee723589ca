// SPDX-License-Identifier: Apache-2.0
import Streams
import Synchronization
import WeirTesting

/// A flow of the vectors' values, whatever operators stand behind it.
typealias RxFlow = Flow<Identity<RxTerm>>

extension FlowSource where Element == RxTerm {
  /// The flow as one without operators, which reads this one.
  var erased: RxFlow { RxFlow(source: self, chain: Identity()) }
}

/// The time in which the sources of a test happen: a clock, and what is to be published when.
final class RxWorld: Sendable {
  private struct Task {
    let at: Int
    let work: @Sendable () -> Void
  }

  let clock = ManualClock(0)
  private let agenda = Mutex<[Task]>([])

  var now: Int { Int(clock.now.milliseconds) }

  /// Does something at a millisecond; at once if that has come.
  func schedule(at instant: Int, _ work: @escaping @Sendable () -> Void) {
    if instant <= now, isRunning { return work() }
    agenda.withLock { $0.append(Task(at: instant, work: work)) }
  }

  /// Whether time has begun: before that, everybody may subscribe first.
  private var isRunning: Bool { started.withLock { $0 } }
  private let started = Mutex(false)

  /// Moves the clock and does what is due, in the order in which it was scheduled.
  func advance(to instant: Int) {
    clock.advance(to: Timestamp(milliseconds: Int64(instant)))
    started.withLock { $0 = true }
    let due = agenda.withLock { agenda in
      let due = agenda.filter { $0.at <= instant }
      agenda.removeAll { $0.at <= instant }
      return due
    }
    for task in due { task.work() }
  }
}

/// The error of a source that fails.
struct RxFailure: Error {}

/// A topic that a timeline is written into; its readers fail where the timeline does.
final class RxStage: Sendable {
  private let topic: Topic<RxTerm>
  private let hasFailed = Mutex(false)

  init(_ world: RxWorld) {
    topic = Topic("source", clock: world.clock)
  }

  /// Schedules what happens from a millisecond on.
  func play(_ timeline: RxTimeline, from start: Int, in world: RxWorld) {
    for element in timeline.elements where element.at >= 0 {
      world.schedule(at: start + element.at) { [topic] in
        _ = topic.offer([element.value]) { _ in }
      }
    }
    guard let ending = timeline.ending else { return }
    world.schedule(at: start + max(0, timeline.end)) { [self] in
      hasFailed.withLock { $0 = ending == .failure }
      topic.close()
    }
  }

  func makeReader(from start: CursorStart) -> RxReader {
    RxReader(topic.flow(from: start).source.makeReader()) { [self] in
      hasFailed.withLock { $0 }
    }
  }
}

/// A reader of a topic that throws where the topic ends with a failure.
final class RxReader: FlowReader {
  private let reader: any FlowReader<RxTerm>
  private let hasFailed: () -> Bool

  init(_ reader: any FlowReader<RxTerm>, hasFailed: @escaping () -> Bool) {
    self.reader = reader
    self.hasFailed = hasFailed
  }

  var clock: any EngineClock { reader.clock }
  var wakeTime: Timestamp { reader.wakeTime }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<RxTerm> {
    let poll = try reader.poll(limit: limit, until: deadline)
    if case .end = poll, hasFailed() { throw RxFailure() }
    return poll
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? { reader.notify(wake) }
  func pause() { reader.pause() }
  var isWorking: Bool { reader.isWorking }
}

/// A source that happens whether somebody reads it or not; a reader sees what comes from then on.
struct RxHotSource: FlowSource {
  let name = "hot"
  private let stage: RxStage

  init(_ timeline: RxTimeline, in world: RxWorld) {
    stage = RxStage(world)
    stage.play(timeline, from: 0, in: world)
  }

  func makeReader() -> any FlowReader<RxTerm> { stage.makeReader(from: .latest) }
}

/// A source that begins anew for each reader.
struct RxColdSource: FlowSource {
  let name = "cold"
  let timeline: RxTimeline
  let world: RxWorld

  func makeReader() -> any FlowReader<RxTerm> {
    let stage = RxStage(world)
    stage.play(timeline, from: world.now, in: world)
    return stage.makeReader(from: .earliest)
  }
}
