// SPDX-License-Identifier: Apache-2.0

/// One reading of a flow through asynchronous calls; the calls end with it.
final class MapAsyncReader<Input: Sendable, Output: Sendable>: StagedReader {
  private let source: MapAsyncSource<Input, Output>
  private let input: any FlowReader<Input>
  private let room: CallRoom<Input, Output>
  private var workers: [OwnedTask?]
  private var silentThrough = Timestamp.distantPast
  private var blocked: SideWrite?
  private var isEnded = false
  private var hasToldEnd = false
  /// What the input threw: told behind what came before it.
  private var failure: (any Error)?

  init(_ source: MapAsyncSource<Input, Output>) {
    self.source = source
    input = source.input.makeReader()
    room = CallRoom(concurrency: source.concurrency, isOrdered: source.isOrdered)
    workers = Array(repeating: nil, count: source.concurrency)
  }

  deinit {
    room.close()
  }

  var clock: any EngineClock { input.clock }
  var quietEnd: Timestamp { input.quietEnd }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<CallOutcome<Output>> {
    try fill(until: deadline)
    let batch = room.take(limit: limit)
    if !batch.items.isEmpty { return .batch(batch) }
    if let write = blocked.take() { return .wait(write) }
    let earliest = room.earliest
    if isEnded, earliest == nil {
      if let failure = failure.take() { throw failure }
      return lastPromise(deadline)
    }
    let isSilent = isEnded || silentThrough >= deadline
    if deadline < .never, isSilent, earliest.map({ $0 > deadline }) ?? true {
      return .batch(Batch(silentThrough: deadline))
    }
    return .empty
  }

  /// Lets in what the input has, as long as there is room.
  private func fill(until deadline: Timestamp) throws {
    while !isEnded, blocked == nil {
      let space = room.space
      guard space > 0 else { return }
      do {
        // What was promised once is not asked for again: that would hide what follows.
        let wanted = deadline > silentThrough ? deadline : .never
        switch try input.poll(limit: min(space, FlowLimits.batch), until: wanted) {
        case .batch(let batch):
          for worker in room.admit(batch) { start(worker) }
          guard let instant = batch.silentThrough else { continue }
          silentThrough = max(silentThrough, instant)
        case .wait(let write): blocked = write
        case .empty: return
        case .end: isEnded = true
        }
      } catch let error as CancellationError {
        throw error
      } catch {
        failure = error
        isEnded = true
      }
    }
  }

  /// The end; before it, once, the promise that nothing came until then, where that matters.
  private func lastPromise(_ deadline: Timestamp) -> Poll<CallOutcome<Output>> {
    guard deadline <= quietEnd, !hasToldEnd else { return .end }
    hasToldEnd = true
    return .batch(Batch(silentThrough: quietEnd))
  }

  private func start(_ number: Int) {
    let worker = CallWorker(
      number: number,
      room: room,
      stage: source.stage,
      timeout: source.timeout,
      clock: clock,
      call: source.call
    )
    workers[number] = OwnedTask { await worker.work() }
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    if asksInput {
      WakeRequest.any(wake, of: [room.notify, input.notify])
    } else {
      room.notify(wake)
    }
  }

  /// Whether more of the input could be let in.
  private var asksInput: Bool { !isEnded && room.space > 0 }

  var wakeTime: Timestamp { asksInput ? input.wakeTime : .never }

  /// Not while a call is open: that is waited for.
  var promisesSilence: Bool { room.earliest == nil && input.promisesSilence }

  /// While a call is open, it is.
  var isWorking: Bool { room.earliest != nil || input.isWorking }

  func pause() {
    input.pause()
  }

  var inputPlan: FlowPlan? { input.plan }

  var stages: [StageStatistics] {
    let counters = room.counters
    let out = counters.succeeded + counters.failed + counters.timedOut
    let stage = StageStatistics(
      source.stage,
      [
        "in": counters.received, "succeeded": counters.succeeded, "failed": counters.failed,
        "timedOut": counters.timedOut, "pending": counters.received - out,
      ],
      passage: .exactly(out)
    )
    return input.stages + [stage]
  }
}
