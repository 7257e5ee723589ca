// SPDX-License-Identifier: Apache-2.0

// How a driver comes to an end, of an input, which the operators outlive, or of the source; how it
// goes on in silence, and after a failure.
extension Driver {
  /// Says that the source has ended, at that instant if it is known: the watermark becomes infinite.
  @inlinable
  mutating func loadEnd(at instant: Timestamp? = nil) {
    guard ending == .open else { return }
    if let instant { move(to: instant) }
    ending = .lastWatermark
  }

  /// Ends though the source goes on: what was loaded of it is of no use.
  @inlinable
  mutating func endEarly() {
    loadEnd()
    items = []
    itemIndex = 0
    elementIndex = 0
  }

  /// Moves the watermark to the greatest end of an open window; answers whether none is open.
  @inlinable
  mutating func takeEndOfInput() -> Bool {
    if chain.latestEnd > watermark {
      watermark = chain.latestEnd
      return false
    }
    return true
  }

  /// Goes one step on towards the end.
  @inlinable
  mutating func takeEnding() {
    switch ending {
    case .lastWatermark:
      watermark = .never
      told = .never
      ending = .finish
      chain.advance(to: .never, at: now) { outputs.append($0) }
    case .finish:
      ending = .finished
      chain.finish(at: now) { outputs.append($0) }
    case .open, .endOfInput, .finished:
      break
    }
  }

  /// Whether the end has begun to be told: what is still to come stands before the last watermark.
  @inlinable var isEnding: Bool { ending == .lastWatermark || ending == .finish }

  /// Whether the end was told and nothing is left.
  @inlinable var isFinished: Bool { ending == .finished && !chain.isPending }

  /// When the clock must move the watermark, since nothing else does.
  @inlinable var silenceDeadline: Timestamp {
    guard let silence = strategy.silence, heard > .distantPast else { return .never }
    let first = heard.advanced(byMilliseconds: silence)
    var next = chain.nextWatermark
    if next == .never {
      guard tellsWatermarks else { return .never }
      next = told.advanced(byMilliseconds: max(silence, strategy.step))
    }
    if next == .distantPast { return first }
    let due = next.advanced(byMilliseconds: silence).advanced(byMilliseconds: strategy.bound)
    return max(first, due)
  }

  /// Moves the watermark to where it would stand if elements had come until the silence began.
  @inlinable
  mutating func breakSilence(at instant: Timestamp) {
    guard let silence = strategy.silence else { return }
    let past = instant.advanced(byMilliseconds: 0 &- silence)
    watermark = max(watermark, past.advanced(byMilliseconds: 0 &- strategy.bound))
    counters.silences += 1
  }

  /// Starts anew what has failed, and lets it take again what it has failed on.
  ///
  /// What came out before was taken; it is to be run next. All else goes on as if nothing had
  /// happened; it may fail again.
  mutating func restart(as fresh: Chain, at instant: Timestamp) {
    let restart = Restart(now: now, instant: max(now, instant), watermark: watermark)
    chain.restart(as: fresh, restart) { outputs.append($0) }
    guard !chain.hasFailures, let place = failedPlace else { return }
    failedPlace = nil
    if let time = strategy.time, case .run(let run) = items[place.item] {
      observe(time(run[place.element], now))
    }
  }
}
