// SPDX-License-Identifier: Apache-2.0
import Codecs

/// The figures of a run.
struct FanoutReport: Equatable, Sendable {
  /// What came of all events of a run, for each subscription.
  struct Check: Equatable, Sendable {
    /// Events that were published, and those of them that the server refused.
    var published = 0
    var refused = 0
    /// Deliveries that there should be.
    var expected = 0
    /// Deliveries that there were, each counted once.
    var received = 0
    /// Deliveries that the server said there will not be.
    var told = 0
    /// Deliveries that are missing without a word.
    var lost = 0
    /// Deliveries that came again.
    var doubled = 0
    /// Deliveries that came after a later one.
    var disordered = 0
    /// Messages of others.
    var foreign = 0
    /// Subscribers whose connection was lost.
    var disconnected = 0

    /// Whether each subscriber got all in order or was told what is missing.
    var isClean: Bool { lost == 0 && doubled == 0 && disordered == 0 && disconnected == 0 }
  }

  let plan: FanoutPlan
  let server: ServerAddress
  let measured: FanoutMeasured
  let check: Check
  /// Events and deliveries of the measured part.
  let measuredEvents: Int
  let delivered: UInt64
  let latency: LatencyHistogram
  let slowLatency: LatencyHistogram
  let answerLatency: LatencyHistogram

  /// Adds up what the subscribers have seen.
  init(
    _ plan: FanoutPlan,
    _ server: ServerAddress,
    _ measured: FanoutMeasured,
    _ tally: FanoutTally,
    _ subscribers: [Subscriber]
  ) {
    self.plan = plan
    self.server = server
    self.measured = measured
    measuredEvents = tally.measuredCount
    delivered = tally.deliveredCount
    latency = tally.latency
    slowLatency = tally.slowLatency
    answerLatency = tally.answerLatency
    check = Check(tally, subscribers, disconnected: measured.disconnectedCount, plan)
  }

  /// What the server used in the measured part.
  var use: ProcessUse? {
    guard let before = measured.useBefore else { return nil }
    return measured.useAfter?.since(before)
  }

  /// Why the run does not count as good; `nil` when it does.
  var complaint: CommandFailure? {
    guard !check.isClean else { return nil }
    var parts: [String] = []
    if check.lost > 0 { parts.append("\(check.lost) deliveries were lost") }
    if check.doubled > 0 { parts.append("\(check.doubled) came twice") }
    if check.disordered > 0 { parts.append("\(check.disordered) came out of order") }
    if check.disconnected > 0 { parts.append("\(check.disconnected) were disconnected") }
    return .failure(parts.joined(separator: ", "), remedy: measured.firstDisconnection ?? "")
  }
}

extension FanoutReport.Check {
  fileprivate init(
    _ tally: FanoutTally,
    _ subscribers: [Subscriber],
    disconnected: Int,
    _ plan: FanoutPlan
  ) {
    published = tally.publishedCount
    refused = tally.refused.count
    foreign = tally.foreignCount
    self.disconnected = disconnected
    let refusedNumbers = Dictionary(grouping: tally.refused, by: \.topic).mapValues { markers in
      markers.map(\.number)
    }
    for subscriber in subscribers {
      for (topic, checker) in zip(subscriber.topics, subscriber.checkers) {
        add(checker, published: tally.numbers[topic], refused: refusedNumbers[topic] ?? [], plan)
      }
    }
    let placeless = min(lost, tally.unplacedCount)
    told += placeless
    lost -= placeless
  }

  private mutating func add(
    _ original: SequenceChecker,
    published: Int,
    refused: [Int],
    _ plan: FanoutPlan
  ) {
    var checker = original
    for number in refused { checker.excuse(number..<number + 1) }
    // What was refused behind the last that came is missing too, though not in a hole.
    let behind = refused.count { $0 >= checker.next }
    expected += published - refused.count
    received += checker.freshCount
    told += checker.toldCount
    lost += checker.lostCount(before: published) - behind
    doubled += checker.doubledCount
    // Of several publishers' connections none comes before another.
    if plan.publisherCount == 1 { disordered += checker.disorderedCount }
  }
}
