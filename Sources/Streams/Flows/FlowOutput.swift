// SPDX-License-Identifier: Apache-2.0

// What comes out of a flow is the source of another where flows are merged, joined or divided.
extension Flow: FlowSource {
  /// The name of the flow's source.
  public var name: String { source.name }

  /// What becomes of windows that wait for this flow while its source is silent: what was said of
  /// its watermarks, else what its source says.
  public var silencePolicy: SilencePolicy {
    watermarks.silencePolicy == .hold ? source.silencePolicy : watermarks.silencePolicy
  }

  /// The source's plan, followed by the stages.
  public var plan: FlowPlan { source.plan.followed(by: chain.stages) }

  /// Starts a reading of the flow.
  public func makeReader() -> any FlowReader<Chain.Output> {
    if watermarks.isFromSource, chain is Identity<Chain.Input>,
      let source = source as? any FlowSource<Chain.Output>
    {
      return source.makeReader()
    }
    return FlowReading(self, tellsWatermarks: true, notesMarks: true)
  }
}

extension FlowReading: FlowReader {
  @usableFromInline typealias Element = Chain.Output

  /// Hands out outputs, each at the instant at which it came out, with the watermarks and gaps
  /// between them.
  @usableFromInline
  func poll(limit: Int, until deadline: Timestamp) throws -> Poll<Chain.Output> {
    switch try work(room: limit, until: deadline) {
    case .ready(let progress): .batch(takeBatch(progress))
    case .blocked(let write): .wait(write)
    case .silent: .batch(Batch(silentThrough: driver.silentThrough))
    case .empty: .empty
    case .end: .end
    }
  }

  private func takeBatch(_ progress: Driver<Chain>.Progress) -> Batch<Chain.Output> {
    let instants = driver.instants + [(driver.outputs.count, driver.now)]
    let notes = driver.takeNotes()
    let outputs = driver.takeOutputs()
    var batch = Batch(outputs, instants: instants, notes: notes, firstOffset: nextOffset)
    nextOffset += Offset(outputs.count)
    if progress == .endOfInput { batch.items.append(.mark(.endOfInput, appended: driver.now)) }
    return batch
  }

  @usableFromInline
  func notify(_ wake: @escaping @Sendable () -> Void) -> WakeRequest? {
    reader?.notify(wake)
  }

  @usableFromInline var wakeTime: Timestamp {
    min(promisesSilence ? driver.stock.deadline : .never, reader?.wakeTime ?? .distantPast)
  }

  @usableFromInline var promisesSilence: Bool { reader?.promisesSilence ?? true }

  @usableFromInline
  func pause() {
    reader?.pause()
  }

  /// The instant of the source's end, or of the last that came out.
  @usableFromInline var endInstant: Timestamp? {
    driver.now > .distantPast ? driver.now : nil
  }
}
