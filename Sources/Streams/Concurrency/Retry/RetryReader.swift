// SPDX-License-Identifier: Apache-2.0

/// Reads an input that is opened anew when it has failed.
final class RetryReader<Element: Sendable>: StagedReader {
  private let source: RetrySource<Element>
  /// The reading at hand; none during a pause.
  private var input: (any FlowReader<Element>)?
  /// When the pause is over.
  private var resumes = Timestamp.distantPast
  /// When it failed, within the time that counts.
  private var failures: [Timestamp] = []
  private var isOver = false
  private var random = SystemRandomNumberGenerator()
  /// Nothing is handed out as of an earlier instant.
  private var floor = Timestamp.distantPast
  private var retries: UInt64 = 0
  private var received: UInt64 = 0
  /// What the input consists of, and had counted when it last failed.
  private var failedPlan: FlowPlan?
  let clock: any EngineClock

  init(_ source: RetrySource<Element>) {
    self.source = source
    let input = source.input.makeReader()
    self.input = input
    clock = input.clock
  }

  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Element> {
    if isOver { return .end }
    do {
      guard let input = openInput() else { return pausing(until: deadline) }
      let answer = try input.poll(limit: limit, until: deadline)
      guard case .batch(let batch) = answer else { return answer }
      received += UInt64(batch.count)
      return .batch(restamped(batch))
    } catch let error as CancellationError {
      throw error
    } catch {
      try fail(error)
      return pausing(until: deadline)
    }
  }

  /// The reading at hand, opened if the pause is over.
  private func openInput() -> (any FlowReader<Element>)? {
    if let input { return input }
    guard resumes <= clock.now else { return nil }
    retries += 1
    input = source.input.makeReader()
    return input
  }

  /// Begins a pause, or gives up.
  private func fail(_ error: any Error) throws {
    failedPlan = input?.plan
    input = nil
    let now = clock.now
    if let period = source.period {
      failures.removeAll { $0.advanced(byMilliseconds: period) <= now }
    }
    guard failures.count < source.limit else {
      isOver = true
      throw error
    }
    resumes = now + source.backoff.pause(before: failures.count, using: &random)
    failures.append(now)
  }

  /// Nothing comes during a pause, and what comes after it is later.
  private func pausing(until deadline: Timestamp) -> Poll<Element> {
    guard deadline <= clock.now, deadline < resumes else { return .empty }
    floor = max(floor, deadline.advanced(byMilliseconds: 1))
    return .batch(Batch(silentThrough: deadline))
  }

  /// Gives entries that come again the newest instant so far.
  private func restamped(_ batch: Batch<Element>) -> Batch<Element> {
    var batch = batch
    for index in batch.items.indices {
      switch batch.items[index] {
      case .run(let run):
        floor = max(floor, run.appended)
        if floor > run.appended { batch.items[index] = .run(run.moved(to: floor)) }
      case .mark(let mark, let appended):
        floor = max(floor, appended)
        batch.items[index] = .mark(mark, appended: floor)
      case .gap: break
      }
    }
    if let instant = batch.silentThrough {
      floor = max(floor, instant.advanced(byMilliseconds: 1))
    }
    return batch
  }

  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    if let input { return input.notify(wake) }
    return resumes <= clock.now || isOver ? nil : WakeRequest {}
  }

  var wakeTime: Timestamp { input?.wakeTime ?? resumes }

  var promisesSilence: Bool { input?.promisesSilence ?? true }

  var quietEnd: Timestamp { input.map { max(floor, $0.quietEnd) } ?? floor }

  /// In a pause it is: the source is to be opened anew.
  var isWorking: Bool { input?.isWorking ?? !isOver }

  func pause() {
    input?.pause()
  }

  var inputPlan: FlowPlan? { input?.plan ?? failedPlan }

  var stages: [StageStatistics] {
    let counters: KeyValuePairs = ["in": received, "retries": retries]
    let stage = StageStatistics("retry", counters, passage: .exactly(received))
    return (inputPlan?.stages ?? []) + [stage]
  }
}
