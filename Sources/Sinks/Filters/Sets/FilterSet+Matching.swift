// SPDX-License-Identifier: Apache-2.0
public import Streams

extension FilterSet {
  /// Appends the members that want an event, in no order.
  ///
  /// Allocates nothing once the buffers have grown.
  /// - Parameters:
  ///   - event: The event.
  ///   - members: What they are appended to.
  public mutating func appendMatches(_ event: Event, to members: inout [Int]) {
    statistics.eventCount += 1
    let before = members.count
    var (evaluator, lookedUp) = (FilterEvaluator(), UInt64(0))
    swap(&evaluator, &self.evaluator)
    var tally = (evaluated: UInt64(0), failed: UInt64(0))
    index.forEachCandidate(of: event) { place in
      guard let filter = entries[place].filter else { return }
      if filter.equality?.isAll == true {
        lookedUp += 1
      } else if !Self.isMatch(filter, event, &evaluator, &tally) {
        return
      }
      append(place, to: &members)
    }
    for place in scanned {
      guard let filter = entries[place].filter else { continue }
      if Self.isMatch(filter, event, &evaluator, &tally) { append(place, to: &members) }
    }
    swap(&evaluator, &self.evaluator)
    statistics.lookedUpCount += lookedUp
    statistics.evaluatedCount += tally.evaluated
    statistics.failedCount += tally.failed
    statistics.matchedMemberCount += UInt64(members.count - before)
  }

  private static func isMatch(
    _ filter: EventFilter,
    _ event: Event,
    _ evaluator: inout FilterEvaluator,
    _ tally: inout (evaluated: UInt64, failed: UInt64)
  ) -> Bool {
    tally.evaluated += 1
    switch evaluator.evaluate(filter, event) {
    case .matched: return true
    case .refused: return false
    case .failed:
      tally.failed += 1
      return false
    }
  }

  private func append(_ place: Int, to members: inout [Int]) {
    var membership = entries[place].firstMember
    while membership >= 0 {
      members.append(memberships[membership].member)
      membership = memberships[membership].next
    }
  }
}
