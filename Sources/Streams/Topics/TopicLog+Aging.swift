// SPDX-License-Identifier: Apache-2.0

extension TopicLog {
  /// Forgets the entries that were appended before `instant`, but none from `held` on.
  ///
  /// Whole runs go, so it costs a step for each publish that is forgotten.
  mutating func expire(before instant: Timestamp, keepingFrom held: Offset) {
    while first < min(held, next), let run = run(at: first), run.appended < instant {
      drop(Int(min(run.lastOffset + 1, held) - first))
    }
  }

  /// The entries from `offset` on that share its chunk and its instant; `nil` if it is not kept.
  func run(at offset: Offset) -> Run<Element>? {
    guard offset >= first, offset < next else { return nil }
    let chunk = chunks[chunk(holding: offset)]
    let start = Int(offset - chunk.firstOffset)
    let run = chunk.laterRuns.partitioningIndex { $0.start > start }
    return Run(chunk: chunk, range: start..<chunk.end(run), appended: chunk.appended(run))
  }
}

extension Topic {
  /// Forgets all entries, but those that a lossless cursor has not consumed; offsets go on.
  ///
  /// - Returns: Whether it did: what a durable topic keeps, its limits on disk say.
  public func dropHistory() -> Bool {
    guard journal == nil else { return false }
    state.withLock { state in
      let slowest = state.holds.slowest ?? .max
      state.log.expire(before: .never, keepingFrom: slowest)
    }
    return true
  }
}

extension TopicState {
  /// Forgets what is too old at `now`; asked only where the retention has an age.
  @usableFromInline
  mutating func expire(_ age: Duration, now: Timestamp) {
    let slowest = holds.slowest ?? .max
    log.expire(before: max(floor, now) - age, keepingFrom: slowest)
  }
}
