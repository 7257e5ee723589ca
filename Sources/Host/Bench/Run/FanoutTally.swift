// SPDX-License-Identifier: Apache-2.0
import Transport

/// Counts what a run publishes and what comes of it; confined to the run's loop.
final class FanoutTally {
  /// Which subscriber has which topics.
  let subscriptions: SubscriptionPlan
  /// When each event was due.
  private var due: [MonotonicInstant] = []
  /// How many subscribers an event has yet to come to, and its answer.
  private var remaining: [Int32] = []
  /// How many events each topic has.
  private(set) var numbers: [Int]
  /// How many subscribers of each topic are waited for.
  private var awaited: [Int32]
  private var draw: SplitMix
  /// The first event that counts.
  private var firstMeasured = Int.max

  /// Events that are not settled: without an answer, or not come to all who are waited for.
  private(set) var inFlightCount = 0
  /// Settled, delivered or answered last.
  private(set) var lastProgress = MonotonicInstant.now
  /// Deliveries of the measured part, from the due time.
  private(set) var latency = LatencyHistogram()
  /// The same of subscribers that stopped reading.
  private(set) var slowLatency = LatencyHistogram()
  /// Answers to the publishes of the measured part, from the due time.
  private(set) var answerLatency = LatencyHistogram()
  /// Events that the server did not take: which of which topic.
  private(set) var refused: [EventMarker] = []
  /// Messages that are no event of this run.
  private(set) var foreignCount = 0
  /// Numbers told as missing whose place in the topic was not known.
  private(set) var unplacedCount = 0

  /// Prepares to count.
  ///
  /// - Parameters:
  ///   - plan: What the run does.
  ///   - isSlow: Whether a subscriber stops reading, so that nothing waits for it.
  init(_ plan: FanoutPlan, isSlow: (Int) -> Bool) {
    subscriptions = SubscriptionPlan(
      subscribers: plan.subscriberCount,
      each: plan.subscriptionsEach,
      topics: plan.topicCount,
      seed: plan.seed
    )
    numbers = Array(repeating: 0, count: plan.topicCount)
    awaited = Array(repeating: 0, count: plan.topicCount)
    draw = SplitMix(seed: ~plan.seed)
    for (index, topics) in subscriptions.topics.enumerated() where !isSlow(index) {
      for topic in topics { awaited[topic] += 1 }
    }
  }

  /// How many events there are.
  var publishedCount: Int { due.count }
  /// How many of them are of the measured part.
  var measuredCount: Int { max(0, due.count - firstMeasured) }
  /// How many deliveries were counted in the measured part.
  var deliveredCount: UInt64 { latency.count + slowLatency.count }

  /// Begins the measured part with the next event.
  func beginMeasuring() { firstMeasured = due.count }

  /// Makes the next event.
  func publish(due instant: MonotonicInstant) -> EventMarker {
    let topic = numbers.count == 1 ? 0 : draw.below(numbers.count)
    let marker = EventMarker(topic: topic, number: numbers[topic], index: due.count)
    numbers[topic] += 1
    due.append(instant)
    remaining.append(awaited[topic] + 1)
    inFlightCount += 1
    return marker
  }

  /// Notes that an event has come to a subscriber for the first time.
  func delivered(_ marker: EventMarker, at instant: MonotonicInstant, isSlow: Bool) {
    guard due.indices.contains(marker.index) else { return foreign() }
    if marker.index >= firstMeasured {
      let nanoseconds = instant.nanoseconds - due[marker.index].nanoseconds
      if isSlow {
        slowLatency.record(nanoseconds: nanoseconds)
      } else {
        latency.record(nanoseconds: nanoseconds)
      }
    }
    lastProgress = instant
    if !isSlow { settle(marker.index) }
  }

  /// Notes the server's answer to a publish.
  func answered(_ marker: EventMarker, at instant: MonotonicInstant, isAccepted: Bool) {
    lastProgress = instant
    if marker.index >= firstMeasured {
      answerLatency.record(nanoseconds: instant.nanoseconds - due[marker.index].nanoseconds)
    }
    if !isAccepted {
      refused.append(marker)
      // Nobody waits for it any more.
      for _ in 0..<awaited[marker.topic] { settle(marker.index) }
    }
    settle(marker.index)
  }

  /// Notes that a subscriber was told of missing numbers of a topic.
  func told(_ ranges: [Range<Int>], isSlow: Bool) {
    // With several topics it is not known which events of the run they are.
    guard !isSlow, numbers.count == 1 else { return }
    for range in ranges {
      for index in range where due.indices.contains(index) { settle(index) }
    }
  }

  /// Notes missing events whose place could not be told.
  func toldWithoutPlace(_ count: Int) { unplacedCount += count }

  /// Notes a message that is no event of this run.
  func foreign() { foreignCount += 1 }

  private func settle(_ index: Int) {
    guard remaining[index] > 0 else { return }
    remaining[index] -= 1
    if remaining[index] == 0 { inFlightCount -= 1 }
  }
}
