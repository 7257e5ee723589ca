// SPDX-License-Identifier: Apache-2.0

/// What happens when a closure of a flow throws on an element.
public struct Supervision: Sendable {
  enum Policy: Sendable {
    case stop
    case skip
    case restart(Backoff, limit: Int, within: Int64)
  }

  let policy: Policy
  let deadLetters: (any FlowSink<ElementFailure>)?

  /// The default: the flow ends with the failure of the element, and its pipeline has failed.
  public static var stop: Supervision { Supervision(policy: .stop, deadLetters: nil) }

  /// The element is left out and counted.
  ///
  /// - Parameter deadLetters: Where the failure goes, with the element. Default: nowhere.
  /// - Returns: The policy.
  public static func skip(
    to deadLetters: (any FlowSink<ElementFailure>)? = nil
  ) -> Supervision {
    Supervision(policy: .skip, deadLetters: deadLetters)
  }

  /// After a pause, the operator that has failed starts anew with empty state, and takes the element
  /// again on which it has failed, at the same instant.
  ///
  /// All other operators keep what they hold, and nothing overtakes the element, be it the one at hand
  /// or one that an operator has held: so nothing else is lost, and nothing comes twice. While it
  /// waits the flow keeps its place and holds back nobody; if the log passes it, the gap is counted.
  /// Where it is one of several inputs, the others go on as far as the order of all permits.
  ///
  /// What can't be tried again ends the flow at once: a call of `mapAsync` above all, which is to be
  /// retried within itself.
  /// - Parameters:
  ///   - backoff: How long it waits. Default: 100 ms, doubled each time, at most 10 s.
  ///   - limit: The most restarts within `period`; one more failure ends the flow. Default 5.
  ///   - period: The time in which restarts are counted. Default: a minute.
  /// - Returns: The policy.
  public static func restart(
    after backoff: Backoff = Backoff(),
    atMost limit: Int = 5,
    within period: Duration = .seconds(60)
  ) -> Supervision {
    precondition(limit >= 1 && period > .zero, "a restart is allowed at least once in a time")
    let policy = Policy.restart(backoff, limit: limit, within: period.wholeMilliseconds)
    return Supervision(policy: policy, deadLetters: nil)
  }
}

/// How long to wait before trying again: longer each time, up to a limit, and never in step with
/// others.
public struct Backoff: Hashable, Sendable {
  /// The first pause.
  public var first: Duration
  /// The longest pause.
  public var longest: Duration
  /// How much longer each pause is than the one before.
  public var factor: Double
  /// The part of a pause that is left to chance, from 0 to 1.
  public var jitter: Double

  /// Makes a backoff, by default of 100 ms, doubled up to 10 s, with a fifth left to chance.
  public init(
    first: Duration = .milliseconds(100),
    longest: Duration = .seconds(10),
    factor: Double = 2,
    jitter: Double = 0.2
  ) {
    precondition(
      first >= .zero && longest >= first,
      "a pause is not negative, nor the longest less"
    )
    precondition(factor >= 1 && factor.isFinite, "pauses don't get shorter")
    precondition((0...1).contains(jitter), "the jitter is a part, from 0 to 1")
    self.first = first
    self.longest = longest
    self.factor = factor
    self.jitter = jitter
  }

  /// The pause before an attempt.
  ///
  /// - Parameters:
  ///   - attempt: Which one, from 0 on.
  ///   - random: What chance is drawn from.
  /// - Returns: The pause, in whole milliseconds.
  public func pause(
    before attempt: Int,
    using random: inout some RandomNumberGenerator
  ) -> Duration {
    var pause = Double(first.wholeMilliseconds)
    let most = Double(longest.wholeMilliseconds)
    var left = factor > 1 ? attempt : 0
    while left > 0, pause < most {
      pause = max(pause, 1) * factor
      left -= 1
    }
    pause = min(pause, most)
    if jitter > 0 { pause *= 1 - jitter * Double.random(in: 0...1, using: &random) }
    return .milliseconds(Int64(pause))
  }
}
