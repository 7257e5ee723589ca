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
    case .silent: .batch(Batch(silentThrough: silentThrough))
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
    guard let resumes else { return reader?.notify(wake) }
    return resumes <= clock.now ? nil : WakeRequest {}
  }

  @usableFromInline var wakeTime: Timestamp {
    let deadline = promisesSilence ? driver.stock.deadline : .never
    return resumes ?? min(deadline, reader?.wakeTime ?? .distantPast)
  }

  /// Not in a pause, of which the end is waited for.
  @usableFromInline var promisesSilence: Bool {
    resumes == nil && reader?.promisesSilence ?? true
  }

  /// In a pause it is: what has failed is to be tried again.
  @usableFromInline var isWorking: Bool {
    resumes != nil || reader?.isWorking ?? false
  }

  @usableFromInline
  func pause() {
    reader?.pause()
  }

  /// The instant of the source's end, or of the last that came out.
  @usableFromInline var endInstant: Timestamp? {
    driver.now > .distantPast ? driver.now : nil
  }

  /// Whether what came out was taken.
  @usableFromInline var isAtPlace: Bool { isAtRest }

  /// Writes down its place in the source, and the state of its operators.
  ///
  /// - Throws: ``StateError`` also if it may rest where nothing can be written down, in the middle of
  ///   what an element came to or with elements left that can't be stored: who reads it beside others
  ///   may leave it there for long.
  @usableFromInline
  func encodePlace(into encoder: inout StateEncoder) throws(StateError) {
    if Chain.expands { throw .notEncodable(type: "\(Chain.self), which expands, beside others") }
    try StateEncoder.check(Chain.Input.self)
    encoder.write(nextOffset)
    try encode(into: &encoder)
  }

  @usableFromInline
  func restorePlace(from decoder: inout StateDecoder) throws(StateError) -> Bool {
    nextOffset = try decoder.readUInt64()
    return try restore(from: &decoder)
  }
}
