// SPDX-License-Identifier: Apache-2.0

// How a driver comes to an end: of an input, which the operators outlive, and of the source.
extension Driver {
  /// Says that the source has ended: the watermark becomes infinite.
  @inlinable
  mutating func loadEnd() {
    if ending == .open { ending = .lastWatermark }
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
}
