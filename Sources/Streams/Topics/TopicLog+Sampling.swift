// SPDX-License-Identifier: Apache-2.0

extension TopicLog {
  /// Reads the newest entry of each interval that is over, at most `limit`, with the marks among
  /// them, and moves `position` behind them.
  ///
  /// - Parameters:
  ///   - position: Where the reader stands.
  ///   - limit: The most entries.
  ///   - length: The length of an interval, in milliseconds.
  ///   - border: Where the interval starts that is not over.
  /// - Returns: The batch, and what was conflated and dropped.
  mutating func gatherSamples(
    from position: inout Position,
    limit: Int,
    every length: Int64,
    before border: Timestamp
  ) -> CursorRead<Element> {
    var read = CursorRead<Element>()
    if position.next < first { read.pass(&position, to: first, lostThrough: first - 1) }
    var left = limit
    while left > 0, let run = run(at: position.next), run.appended < border {
      let interval = run.appended.intervalStart(every: length)
      let isNewest =
        self.run(at: run.lastOffset + 1)?.appended.intervalStart(every: length) != interval
      let passed = isNewest ? run.count - 1 : run.count
      position.next += Offset(passed)
      read.conflated += UInt64(passed)
      takeMarks(&position, into: &read.batch)
      guard isNewest else { continue }
      let last = run.range.upperBound - 1..<run.range.upperBound
      read.batch.items.append(.run(Run(chunk: run.chunk, range: last, appended: run.appended)))
      position.next += 1
      left -= 1
    }
    takeMarks(&position, into: &read.batch)
    return read
  }
}

extension Timestamp {
  /// The start of the interval of `length` milliseconds, aligned to the epoch, that this is in.
  func intervalStart(every length: Int64) -> Timestamp {
    let rest = milliseconds % length
    return advanced(byMilliseconds: rest < 0 ? -(rest + length) : -rest)
  }
}
