// SPDX-License-Identifier: Apache-2.0
import Transport

// When a run publishes, and when its slow subscribers read.
extension FanoutDriver {
  func publishDue() {
    guard stage == .warmingUp || stage == .measuring else { return }
    do throws(ConnectionFault) {
      switch plan.load {
      case .idle: break
      case .inFlight(let count):
        while tally.inFlightCount < count, !isStretchOver {
          try publish(due: .now)
          if plan.publishing == .lines, tally.inFlightCount >= count {
            for publisher in publishers { publisher.pump() }
          }
        }
        if isStalled { isCut = true }
      case .rate(let perSecond): try publishDue(perSecond)
      }
    } catch {
      fail(.failure(error.what, remedy: error.remedy))
    }
  }

  private func publishDue(_ perSecond: Int) throws(ConnectionFault) {
    let now = MonotonicInstant.now
    var next = due(tally.publishedCount - stretchFirst, perSecond)
    while next <= now, !isStretchOver {
      try publish(due: next)
      next = due(tally.publishedCount - stretchFirst, perSecond)
    }
    timer.set(at: min(next, stretchEnds))
  }

  private func publish(due instant: MonotonicInstant) throws(ConnectionFault) {
    let marker = tally.publish(due: instant)
    try publishers[marker.index % publishers.count].publish(marker)
  }

  /// When an event of the stretch is due.
  func due(_ count: Int, _ perSecond: Int) -> MonotonicInstant {
    let (seconds, rest) = count.quotientAndRemainder(dividingBy: perSecond)
    return stretchBegan.advanced(
      by: .seconds(seconds) + .nanoseconds(rest * 1_000_000_000 / perSecond)
    )
  }

  /// Whether what is in flight does not come to an end.
  private var isStalled: Bool {
    tally.inFlightCount > 0
      && max(tally.lastProgress, stretchBegan).duration(to: .now) > plan.patience
  }

  // MARK: Slow subscribers

  /// Lets slow subscribers read in the first quarter and the last.
  func pauseSlow() {
    guard plan.slowCount > 0 else { return }
    let part: Double =
      switch plan.length {
      case .events(let count): Double(tally.measuredCount) / Double(count)
      case .seconds(let seconds): stretchBegan.duration(to: .now) / .seconds(seconds)
      }
    let pauses = (0.25..<0.75).contains(part)
    for subscriber in subscribers where subscriber.isSlow && subscriber.isPaused != pauses {
      if pauses { subscriber.isPaused = true } else { resume(subscriber) }
    }
  }

  func resume(_ subscriber: Subscriber) {
    subscriber.isPaused = false
    if peers[subscriber.connection.id.descriptor] != nil { read(subscriber) }
  }
}
