// SPDX-License-Identifier: Apache-2.0

// What comes out of a flow is the source of another where flows are merged, joined or divided.
extension Flow: FlowSource {
  /// The name of the flow's source.
  public var name: String { source.name }

  /// What becomes of windows that wait for this flow while its source is silent.
  public var silencePolicy: SilencePolicy { watermarks.silencePolicy }

  /// Starts a reading of the flow.
  public func makeReader() -> any FlowReader<Chain.Output> {
    FlowReading(self, tellsWatermarks: true, isInput: true)
  }
}

extension FlowReading: FlowReader {
  @usableFromInline typealias Element = Chain.Output

  /// Hands out outputs, each at the instant at which it came out, and the watermark between them.
  @usableFromInline
  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Chain.Output> {
    switch try work(room: limit, until: deadline) {
    case .ready(let progress): .batch(takeBatch(progress))
    case .blocked(let write): .wait(write)
    case .silent: .batch(Batch(silentThrough: deadline))
    case .empty: .empty
    case .end: .end
    }
  }

  /// The stages of its source, what it has counted itself, and the operators.
  @usableFromInline var stages: [StageStatistics] {
    let counters = driver.counters
    let own = StageStatistics(
      flow.source.name,
      [
        "received": counters.received, "behind": counters.behind, "ahead": counters.ahead,
        "gaps": counters.gaps, "missed": counters.missed, "skipped": counters.skipped,
        "restarts": counters.restarts,
      ]
    )
    return allStages.dropLast(driver.chain.stages.count) + [own] + driver.chain.stages
  }

  private func takeBatch(_ progress: Driver<Chain>.Progress) -> Batch<Chain.Output> {
    let instants = driver.instants + [(driver.outputs.count, driver.now)]
    let outputs = driver.takeOutputs()
    var batch = Batch<Chain.Output>()
    if !outputs.isEmpty {
      let chunk = LogChunk<Chain.Output>(firstOffset: nextOffset, capacity: outputs.count)
      nextOffset += Offset(outputs.count)
      var start = 0
      for (end, now) in instants where end > start {
        _ = chunk.fill(with: outputs[start..<end], weight: 0, appended: now)
        start = end
      }
      _ = chunk.readRuns(from: 0, limit: outputs.count, into: &batch.items)
    }
    let now = driver.now
    if progress == .watermark || progress == .endOfInput, driver.told > .distantPast {
      batch.items.append(.mark(.watermark(driver.told), appended: now))
    }
    if progress == .endOfInput { batch.items.append(.mark(.endOfInput, appended: now)) }
    return batch
  }

  @usableFromInline
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    reader?.notify(wake)
  }

  @usableFromInline var wakeTime: Timestamp {
    min(driver.deadline, reader?.wakeTime ?? .distantPast)
  }

  @usableFromInline var promisesSilence: Bool { reader?.promisesSilence ?? true }

  @usableFromInline
  func pause() {
    reader?.pause()
  }
}
